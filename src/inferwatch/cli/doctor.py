"""`inferwatch doctor`: what is wrong with this machine, the spec and the data folder, and what to do."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import click
import msgspec

from inferwatch.cli import checkup, exit_codes, options, output
from inferwatch.errors import InferWatchError
from inferwatch.finding import Finding
from inferwatch.spec import load_spec

STYLES = {"ok": "green", "warning": "yellow", "wrong": "bold red"}


@click.command()
@click.argument("path", type=click.Path(path_type=Path), default=Path())
@options.data
@options.environment
@options.as_json
def command(path: Path, data: Path, environment: str | None, as_json: bool) -> None:
    """Check this machine, the model in PATH and the data folder. Ends with exit code 1 if something is wrong."""
    findings = list(_findings(path, data, environment))
    if as_json:
        output.json_lines(msgspec.to_builtins(finding) for finding in findings)
    else:
        output.table(("What", "", "Finding"), [(f.what, f.verdict, f.says) for f in findings], STYLES)
    if any(finding.verdict == "wrong" for finding in findings):
        sys.exit(exit_codes.ERROR)


def _findings(path: Path, data: Path, environment: str | None) -> Iterator[Finding]:
    yield from _checked("machine", checkup.machine)
    try:
        spec = load_spec(path, environment)
    except InferWatchError as error:
        yield Finding("spec", "wrong", str(error))
    else:
        yield from _checked("spec", lambda: checkup.spec(spec))
        yield from _checked("handler", lambda: checkup.handler(spec))
        yield from _checked("notify", lambda: checkup.notify(spec, os.environ))
    yield from _checked("data", lambda: checkup.data_folder(data))


def _checked(what: str, check: Callable[[], Iterator[Finding]]) -> Iterator[Finding]:
    """A check that fails on purpose is a finding of its own, and the next ones still run."""
    try:
        yield from check()
    except (InferWatchError, OSError) as error:
        yield Finding(what, "wrong", str(error))
