"""Asking before something is made or removed."""

from __future__ import annotations

import sys

import click

from inferwatch.errors import DeployError


def agreed(question: str, *, yes: bool) -> bool:
    """Whether the person at the terminal says yes. yes: said already. Raises DeployError where nobody can be asked."""
    if yes:
        return True
    if not interactive():
        raise DeployError(f"{question} There is no terminal to answer at: say --yes")
    return click.confirm(question, err=True)


def interactive() -> bool:
    """Whether somebody is there to answer."""
    return sys.stdin.isatty()
