"""`inferwatch demo`: a real model, real traffic, and a story in which alarms come and go."""

from __future__ import annotations

import importlib.util
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
import msgspec

from inferwatch.cli import exit_codes, output
from inferwatch.cli.examples import example
from inferwatch.errors import RuntimeStartError

DURATION_SECONDS = 120


@click.command()
@click.option("--headless", is_flag=True, help="Without a browser: run the story once, settle the account, and end.")
@click.option("--duration", type=float, default=DURATION_SECONDS, show_default=True, help="Seconds of the story.")
@click.option("--json", "as_json", is_flag=True, help="The account as JSON (with --headless).")
@click.option("--data", type=click.Path(path_type=Path, file_okay=False), help="Keep the data here. [default: nowhere]")
@click.option("--port", type=click.IntRange(0, 65_535), default=0, help="Of the gateway. [default: a free one]")
@click.option("--page-port", type=click.IntRange(0, 65_535), default=0, help="Of the page. [default: a free one]")
def command(headless: bool, duration: float, as_json: bool, data: Path | None, port: int, page_port: int) -> None:
    """Serve a classifier of handwritten digits, send it images, and show in a live page how it fares.

    The camera blurs, answers slow down, garbage comes in; alarms go off and return to OK. Without --headless the
    story begins anew until Ctrl-C. With it, the exit code is 0 only if every invocation was recorded exactly
    once and the story's alarms went to ALARM and back.
    """
    from inferwatch.cli.demo.run import Demo
    from inferwatch.cli.demo.story import SHORTEST_SECONDS

    if duration < SHORTEST_SECONDS:
        raise click.BadParameter(f"the story needs at least {SHORTEST_SECONDS} s", param_hint="--duration")
    with _data_folder(data) as folder:
        demo = Demo(example("digits"), folder, os.environ, duration=duration, port=port, page_port=page_port)
        if not headless:
            demo.show()
            return
        account = demo.settle()
    if as_json:
        output.json_lines([msgspec.to_builtins(account)])
    else:
        output.note(f"sent {account.sent}, refused {account.refused}, recorded {account.recorded}: {account.by_status}")
        output.note(f"notifications {account.notifications}, {account.messages_at_webhook} messages at the webhook")
    for problem in account.problems:
        output.note(f"not as it should be: {problem}")
    if not account.ok:
        sys.exit(exit_codes.ERROR)


@contextmanager
def _data_folder(chosen: Path | None) -> Iterator[Path]:
    if importlib.util.find_spec("sklearn") is None:
        raise RuntimeStartError(
            "the demo's model is made with scikit-learn, which is missing: pip install scikit-learn"
        )
    if chosen is not None:
        yield chosen
        return
    with tempfile.TemporaryDirectory(prefix="inferwatch-demo-", ignore_cleanup_errors=True) as folder:
        yield Path(folder)
