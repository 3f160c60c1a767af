"""Options that several commands have."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

import click

DATA = Path(".inferwatch")
HERE = Path()
_SPAN = re.compile(r"([0-9]{1,9})(s|m|h|d)")
_MS = {"s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}


class Span(click.ParamType[int]):
    """A span of time, `90s`, `15m`, `24h` or `7d`, as milliseconds."""

    name = "span"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        if isinstance(value, int):
            return value
        match = _SPAN.fullmatch(value)
        if not match:
            self.fail(f"{value!r} is no span of time; write it as 90s, 15m, 24h or 7d", param, ctx)
        return int(match[1]) * _MS[match[2]]


def _encodable(ctx: click.Context, param: click.Parameter, value: str | None) -> str | None:
    """Bytes that are no UTF-8 come as halves of characters, which nothing that is asked or kept can hold."""
    if value is not None and any("\ud800" <= character <= "\udfff" for character in value):
        raise click.BadParameter(f"{value!r} is no text in UTF-8")
    return value


Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]

data: Decorator = click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False),
    default=DATA,
    show_default=True,
    envvar="INFERWATCH_DATA",
    show_envvar=True,
    help="The data folder.",
)
as_json: Decorator = click.option("--json", "as_json", is_flag=True, help="JSON, one value a line.")
environment: Decorator = click.option(
    "--environment",
    envvar="INFERWATCH_ENVIRONMENT",
    show_envvar=True,
    callback=_encodable,
    help="Environment of the spec. [default: dev]",
)
any_environment: Decorator = click.option(
    "--environment",
    envvar="INFERWATCH_ENVIRONMENT",
    show_envvar=True,
    callback=_encodable,
    help="Which environment. [default: all; dev where it has to be one]",
)
description: Decorator = click.option(
    "--description",
    default="",
    callback=_encodable,
    help="Of the model version, where what is served becomes a new one.",
)
aws: Decorator = click.option("--aws", is_flag=True, help="Ask AWS, where the model runs, and not this machine.")
region: Decorator = click.option("--region", help="AWS region. [default: the spec's, else your settings']")
_pipeline: Decorator = click.option(
    "--pipeline", is_flag=True, help="The pipeline of all environments, in the place of the model."
)
_endpoint: Decorator = click.option("--endpoint", is_flag=True, help="The endpoint alone, in the place of the model.")


def _spec(help: str) -> Decorator:
    return click.option("--spec", "spec_path", type=click.Path(path_type=Path), default=HERE, help=help)


spec = _spec("The model's folder or its inferwatch.toml. [default: here]")
spec_on_aws = _spec("With --aws: the model's folder or its inferwatch.toml. [default: here]")


def since(default: str) -> Decorator:
    """`--since`, a span back from now."""
    return click.option("--since", type=Span(), default=default, show_default=True, help="How far back: 90s, 15m, 24h.")


def app(command: Callable[..., Any]) -> Callable[..., Any]:
    """`--pipeline` and `--endpoint`, of which the command is given as `app` which one, or `model`."""

    @_pipeline
    @_endpoint
    @wraps(command)
    def with_app(*, pipeline: bool, endpoint: bool, **given: Any) -> Any:
        if pipeline and endpoint:
            raise click.UsageError("--pipeline and --endpoint are deployed one after the other")
        return command(app="pipeline" if pipeline else "endpoint" if endpoint else "model", **given)

    return with_app
