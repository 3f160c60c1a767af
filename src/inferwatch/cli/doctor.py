"""`inferwatch doctor`: what is wrong with this machine, the spec and the data folder, or with AWS, and what to do."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import click
import msgspec
import orjson

from inferwatch.cli import aws_checkup, checkup, exit_codes, options, output
from inferwatch.errors import InferWatchError
from inferwatch.finding import Finding
from inferwatch.spec import load_spec

USES = ("read", "ask", "check", "deploy", "destroy")


@click.command()
@click.argument("path", type=click.Path(path_type=Path), default=Path())
@options.data
@options.environment
@options.aws
@options.region
@click.option("--policy", is_flag=True, help="With --aws: print the IAM policy that reading to destroying needs.")
@click.option("--use", "uses", multiple=True, type=click.Choice(USES), help="With --policy: for these uses alone.")
@options.as_json
def command(
    *,
    path: Path,
    data: Path,
    environment: str | None,
    aws: bool,
    region: str | None,
    policy: bool,
    uses: tuple[str, ...],
    as_json: bool,
) -> None:
    """Check this machine, the model in PATH and the data folder. Ends with exit code 1 if something is wrong.

    With --aws, check the account, the permissions, and the model as it is deployed.
    """
    if policy and not aws:
        raise click.UsageError("--policy is AWS's: give --aws too")
    if uses and not policy:
        raise click.UsageError("--use says for what --policy is: give that too")
    if policy:
        _print_policy(path, environment, region, uses or USES)
        return
    findings = list(_on_aws(path, environment, region) if aws else _here(path, data, environment))
    if as_json:
        output.json_lines(msgspec.to_builtins(finding) for finding in findings)
    else:
        output.table(("What", "", "Finding"), [(f.what, f.verdict, f.says) for f in findings], output.VERDICT_STYLES)
    if any(finding.verdict == "wrong" for finding in findings):
        sys.exit(exit_codes.ERROR)


def _here(path: Path, data: Path, environment: str | None) -> Iterator[Finding]:
    yield from _checked("machine", checkup.machine)
    try:
        spec = load_spec(path, environment)
    except InferWatchError as error:
        yield Finding("spec", "wrong", str(error))
    else:
        yield from _checked("spec", lambda: checkup.spec(spec))
        yield from _checked("handler", lambda: checkup.handler(spec))
        yield from _checked("parts", lambda: checkup.parts(spec))
        yield from _checked("notify", lambda: checkup.notify(spec, os.environ))
    yield from _checked("data", lambda: checkup.data_folder(data))


def _on_aws(path: Path, environment: str | None, region: str | None) -> Iterator[Finding]:
    try:
        spec = load_spec(path, environment)
    except InferWatchError as error:
        yield Finding("spec", "wrong", str(error))
        return
    yield from _checked("spec", lambda: checkup.spec(spec))
    yield from _checked("tools", lambda: aws_checkup.tools(spec))
    findings, at = aws_checkup.opened(spec, region)
    yield from findings
    if at is None:
        return
    yield from _all(aws_checkup.before_a_deployment(at))
    try:
        finding, there = aws_checkup.deployed(at)
    except InferWatchError as error:
        finding, there = Finding("stack", "wrong", str(error)), True
    yield finding
    yield from _all(aws_checkup.when_deployed(at) if there else aws_checkup.when_not_deployed(at))


def _all(checks: Iterable[tuple[str, Callable[[], Iterator[Finding]]]]) -> Iterator[Finding]:
    for what, check in checks:
        yield from _checked(what, check)


def _checked(what: str, check: Callable[[], Iterator[Finding]]) -> Iterator[Finding]:
    """A check that fails on purpose is a finding of its own, and the next ones still run."""
    try:
        yield from check()
    except (InferWatchError, OSError) as error:
        yield Finding(what, "wrong", str(error))


def _print_policy(path: Path, environment: str | None, region: str | None, uses: tuple[str, ...]) -> None:
    from inferwatch.aws.doctor import policy
    from inferwatch.aws.site import open_site

    site = open_site(load_spec(path, environment), region)
    document = policy.document(one for one in policy.permissions(site) if one.use in uses)
    click.echo(orjson.dumps(document, option=orjson.OPT_INDENT_2))
