"""The CDK app of a model: what `cdk_app.py` of its folder and `inferwatch synth` run."""

from __future__ import annotations

import os
from typing import Any

from aws_cdk import App

from inferwatch.cdk.given import Given, as_spec
from inferwatch.cdk.stack import ModelStack


def model_app(spec: Given, outdir: str | os.PathLike[str] | None = None, **options: Any) -> App:
    """An app with the stack of `spec`, a spec or a model's folder. options: an App's own.

    Where the folder is given, `INFERWATCH_ENVIRONMENT` says which environment. Raises SpecError, DeployError.
    """
    app = App(outdir=None if outdir is None else os.fspath(outdir), **options)
    ModelStack(app, spec=as_spec(spec))
    return app
