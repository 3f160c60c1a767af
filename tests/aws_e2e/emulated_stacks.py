"""The stacks that MiniStack gets: the same model behind a REST API, an HTTP API, a queue, once more as an endpoint that
a function asks, and one that is removed.
"""

from __future__ import annotations

from pathlib import Path

from aws_cdk import App

from inferwatch.cdk import ModelStack
from inferwatch.spec import load_spec


def synthesize(model: Path, folder: Path) -> None:
    """Write the assembly to `folder`; each stack's template is called as its environment."""
    app = App(builtin_cloud_formation_validation=False, outdir=str(folder))
    for environment in ("rest", "http", "parts", "asking", "gone"):
        ModelStack(app, environment, spec=load_spec(model, environment))
    app.synth()
