"""The command line, and the composition root: the only room that picks the parts and reads the clock."""

from __future__ import annotations

import sys


def main() -> None:
    """Entry point of the `inferwatch` command."""
    try:
        try:
            import click  # noqa: F401
        except ModuleNotFoundError:
            from inferwatch.errors import MissingExtraError

            sys.exit(f"inferwatch: {MissingExtraError('local', 'the inferwatch command')}")
        from inferwatch.cli.commands import run

        run()
    except KeyboardInterrupt:  # before click looks after it
        sys.exit("Aborted!")
