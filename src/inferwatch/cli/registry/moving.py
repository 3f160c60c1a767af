"""Another deployment becomes current: the traffic is moved to it, and the registry says so; or neither."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from inferwatch.cli import output
from inferwatch.cli.clock import now_ms
from inferwatch.cli.registry.place import Opened
from inferwatch.errors import RegistryError
from inferwatch.registry import changes, rules
from inferwatch.registry.records import Change, Deployment, Model

OURS = ("Lambda", "SageMaker")
"""Methods of deployments whose traffic InferWatch moves."""
_HERE = "a model that runs on this machine goes on as it is: `inferwatch up` serves what its folder holds"
_NOT_MOVED = "no traffic is moved:"


def registry_only(command: Callable[..., Any]) -> Callable[..., Any]:
    """`--registry-only`."""
    option: Callable[[Callable[..., Any]], Callable[..., Any]] = click.option(
        "--registry-only",
        "alone",
        is_flag=True,
        help="With --aws: move no traffic, since that has been done otherwise.",
    )
    return option(command)


def promote(opened: Opened, model: Model, wanted: Deployment, *, alone: bool = False) -> Change:
    """alone: move no traffic. Raises RegistryError, and what moving raises; then nothing has changed."""
    changes.promotable(wanted)

    def change() -> Change:
        return opened.registry.promote(model, wanted.deployment_id, now_ms=now_ms(), by=opened.by)

    return _moved(opened, wanted, change, alone=alone)


def roll_back(opened: Opened, model: Model, environment: str, *, alone: bool = False) -> Change:
    """As `promote`, for the deployment that was current before."""
    wanted = opened.registry.before_current(model, environment)
    to = wanted.deployment_id

    def change() -> Change:
        return opened.registry.roll_back(model, environment, now_ms=now_ms(), by=opened.by, to=to)

    return _moved(opened, wanted, change, alone=alone)


def sentence(model: Model, change: Change) -> str:
    """What became of it, for people."""
    before = "" if change.before is None else f"; before it was deployment {change.before}"
    return (
        f"deployment {change.deployment_id} (version {change.model_version}) of {rules.group(model)} is the current one"
        f" of {change.environment}{before}"
    )


def _moved(opened: Opened, wanted: Deployment, change: Callable[[], Change], *, alone: bool) -> Change:
    if not opened.on_aws:
        output.note(_HERE if wanted.deployment_method == "local" else f"{_NOT_MOVED} this is a data folder's registry")
        return change()
    if alone:
        return change()
    if wanted.deployment_method not in OURS:
        output.note(f"{_NOT_MOVED} how {wanted.deployment_method} serves it is not InferWatch's")
        return change()
    site = opened.site
    if site is None:
        raise RegistryError("moving the traffic needs the model's spec: --spec in the place of --model")
    if site.spec.identity.environment != wanted.environment:
        raise RegistryError(
            f"deployment {wanted.deployment_id} is of {wanted.environment}: say --environment {wanted.environment}"
        )
    from inferwatch.cli.deployment import traffic

    return traffic.move(site, wanted, change)
