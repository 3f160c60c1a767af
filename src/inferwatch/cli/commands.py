"""The commands by name. Each is imported when it is called, so that `--help` stays quick."""

from __future__ import annotations

import importlib
import os
import sys
from typing import Any

import click

from inferwatch.cli import exit_codes
from inferwatch.errors import InferWatchError

# name -> module of this room (with _ for -), which holds a click command named `command`; and the line in --help
COMMANDS = {
    "demo": "a real model served, recorded, measured and watched, in a live page",
    "init": "make the project of a new model, which runs here and on AWS as it is",
    "up": "serve the model of a folder, record and watch it",
    "send": "put messages into a model's queue",
    "dead-letters": "list the messages that a model's queue could not get done, and why; try them again",
    "tail": "print what the models log, as it comes",
    "alarms": "list the alarms and their history",
    "metrics": "list metrics, or the datapoints of one",
    "query": "ask for transactions, or for counts and percentiles of them, here and on AWS",
    "sql": "answer a SELECT over everything that is recorded",
    "transaction": "show one transaction, those of the same requester around it, and its line in the log",
    "compare": "compare two versions of a model: traffic, latency, errors, confidence",
    "versions": "list the model versions that are registered; register one",
    "deployments": "list what was deployed where, and what serves now; register one",
    "promote": "make another deployment the one that serves its environment",
    "rollback": "make the deployment serve again that did before the current one",
    "dashboard": "show the page over a data folder, or over AWS's data",
    "cost": "work out what a model costs on AWS in a month, line by line",
    "synth": "write a model's templates for AWS, and say what they would make; needs no account",
    "deploy": "make or change a model on AWS",
    "destroy": "remove a model from AWS, with all that costs",
    "register": "have the registry say what a pipeline's stage has deployed: for pipelines",
    "check": "follow requests through the deployed model, up to the notification",
    "doctor": "say what is wrong with this machine, spec and data folder, or with what is deployed",
}


class _Lazy(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"inferwatch.cli.{cmd_name.replace('-', '_')}")
        command: click.Command = module.command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            from inferwatch.spec.fault import suggestion

            ctx.fail(f"there is no command {args[0]!r}{suggestion(args[0], COMMANDS)}")
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except BrokenPipeError:  # `inferwatch tail | head`: the reader has gone. Click would call that an error.
            _leave_stdout()
            ctx.exit(0)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(cls=_Lazy, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="inferwatch")
def cli() -> None:
    """See what your models do: every inference recorded, measured and watched.

    Data goes to standard output, all else to standard error. Exit codes: 0 well, 1 an error, 2 a call that is
    not understood, 3 an alarm is in ALARM (from `alarms list`).
    """


def run() -> None:
    """Run the command line; what went wrong on purpose is one message on standard error."""
    try:
        cli(prog_name="inferwatch")
    except InferWatchError as error:
        click.echo(f"inferwatch: {error}", err=True)
        sys.exit(exit_codes.ERROR)
    except OSError as error:
        _leave_stdout()
        says = f"{error.filename}: {error.strerror}" if error.filename and error.strerror else error
        click.echo(f"inferwatch: {says}", err=True)
        sys.exit(exit_codes.ERROR)


def _leave_stdout() -> None:
    """What is still to be written there goes nowhere, so that the interpreter does not try once more as it ends."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
