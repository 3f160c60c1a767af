"""`inferwatch rollback`: the deployment that served before the current one serves again."""

from __future__ import annotations

import click
import msgspec

from inferwatch.cli import options, output
from inferwatch.cli.registry import moving
from inferwatch.cli.registry.place import Opened, Place, on_registry
from inferwatch.errors import RegistryError
from inferwatch.registry import rules
from inferwatch.registry.records import Model


@click.command()
@on_registry
@moving.registry_only
@options.as_json
def command(place: Place, alone: bool, as_json: bool) -> None:
    """Make the deployment current again that was so before the current one. A second time goes further back.

    With --aws the traffic is moved to it first.
    """
    opened = place.open()
    model = place.model(opened)
    change = moving.roll_back(opened, model, _environment(place, opened, model), alone=alone)
    if as_json:
        output.json_lines([msgspec.to_builtins(change)])
    else:
        click.echo(moving.sentence(model, change))


def _environment(place: Place, opened: Opened, model: Model) -> str:
    """The one that is named, or the only one that is served. Raises RegistryError where several are."""
    if place.environment is not None:
        return place.environment
    served = [each.environment for each in opened.registry.deployments(model) if each.state == "current"]
    if len(served) == 1:
        return served[0]
    if not served:
        raise RegistryError(f"nothing of {rules.group(model)} is current in {opened.where}: nothing to roll back")
    raise RegistryError(f"which environment is meant? --environment takes one of {', '.join(sorted(served))}")
