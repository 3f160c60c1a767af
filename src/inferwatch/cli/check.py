"""`inferwatch check --aws`: one request followed through the deployed model, link by link, up to the notification."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec
import orjson

from inferwatch.cli import exit_codes, options, output
from inferwatch.cli.clock import beside_aws
from inferwatch.spec import load_spec
from inferwatch.spec.monitor_spec import MonitorSpec
from inferwatch.spec.sample import sample

if TYPE_CHECKING:
    from inferwatch.aws.check.chain import Trial
    from inferwatch.aws.check.link import Link


class Json(click.ParamType[bytes]):
    """JSON, or `@` and the file that it is in."""

    name = "json"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> bytes:
        text = str(value)
        try:
            body = Path(text[1:]).read_bytes() if text.startswith("@") else text.encode()
            orjson.loads(body)
        except OSError as error:
            self.fail(f"{text[1:]}: {error.strerror}", param, ctx)
        except orjson.JSONDecodeError as error:
            self.fail(f"is no JSON: {error}", param, ctx)
        return body


@click.command()
@click.argument("path", type=click.Path(path_type=Path), default=Path())
@options.aws
@options.region
@options.environment
@click.option("--body", type=Json(), help="The request, JSON or @FILE. [default: a sample of the spec's features]")
@click.option("--requests", type=click.IntRange(1, 100), default=3, show_default=True, help="How many to send.")
@click.option("--url", help="Where the model answers, for a domain of your own. [default: the stack's API]")
@click.option("--token", envvar="INFERWATCH_TOKEN", show_envvar=True, help="For an API with auth 'jwt'.")
@click.option("--wait", type=options.Span(), default="5m", show_default=True, help="The longest to wait for one link.")
@click.option("--no-alarm", is_flag=True, help="Force no alarm, so that nobody is told.")
@options.as_json
def command(  # noqa: PLR0913 - one for each option
    *,
    path: Path,
    aws: bool,
    region: str | None,
    environment: str | None,
    body: bytes | None,
    requests: int,
    url: str | None,
    token: str | None,
    wait: int,
    no_alarm: bool,
    as_json: bool,
) -> None:
    """Send requests to the model in PATH as it is deployed, and find them in logs, metrics and an alarm.

    One alarm is set to ALARM and back, so its targets are told. Ends with exit code 1 unless every link holds.
    """
    if not aws:
        raise click.UsageError("say --aws to check what is deployed; `inferwatch doctor` checks this machine")
    from inferwatch.aws.check.chain import Trial

    spec = load_spec(path, environment)
    request = orjson.dumps(sample(spec.features)) if body is None else body
    trial = Trial(body=request, requests=requests, url=url, token=token, wait_ms=wait, force_alarm=not no_alarm)
    holds = True
    for link in _links(spec, region, trial):
        _print(link, as_json)
        holds = holds and link.verdict in ("ok", "warning")
    if not holds:
        sys.exit(exit_codes.ERROR)


def _links(spec: MonitorSpec, region: str | None, trial: Trial) -> Iterator[Link]:
    from inferwatch.aws.check import chain
    from inferwatch.aws.check.link import Link
    from inferwatch.aws.session import open_session
    from inferwatch.aws.site import open_site

    session = open_session(spec.aws, region)
    began = time.monotonic()
    found, patience = beside_aws(session)
    yield Link.of(found, time.monotonic() - began)
    yield from chain.follow(open_site(spec, session=session), trial, patience)


def _print(link: Link, as_json: bool) -> None:
    if as_json:
        output.json_lines([msgspec.to_builtins(link)])
        return
    verdict = click.style(f"{link.verdict:7}", fg=output.VERDICT_STYLES[link.verdict])
    click.echo(f"{verdict}  {link.what:12}  {link.seconds:6.1f} s  {link.says}")
