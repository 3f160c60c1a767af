"""The CDK app of this model. `inferwatch synth` and `deploy` run it, and so does `cdk`."""

from __future__ import annotations

from pathlib import Path

from inferwatch.cdk import model_app

model_app(Path(__file__).parent).synth()
