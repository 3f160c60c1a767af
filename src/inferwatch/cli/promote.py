"""`inferwatch promote`: another deployment becomes the one that serves its environment."""

from __future__ import annotations

import click
import msgspec

from inferwatch.cli import options, output
from inferwatch.cli.registry import moving
from inferwatch.cli.registry.place import Place, deployment, on_registry
from inferwatch.errors import RegistryError


@click.command()
@click.argument("number", metavar="DEPLOYMENT", type=click.IntRange(1))
@on_registry
@moving.registry_only
@options.as_json
def command(number: int, place: Place, alone: bool, as_json: bool) -> None:
    """Make DEPLOYMENT the current one of its environment; the one before is kept, superseded.

    With --aws the traffic is moved to it first.
    """
    opened = place.open()
    model = place.model(opened)
    wanted = deployment(opened, model, number)
    if place.environment is not None and wanted.environment != place.environment:
        raise RegistryError(f"deployment {number} is of {wanted.environment} and not of {place.environment}")
    change = moving.promote(opened, model, wanted, alone=alone)
    if as_json:
        output.json_lines([msgspec.to_builtins(change)])
    else:
        click.echo(moving.sentence(model, change))
