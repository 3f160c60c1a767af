"""`inferwatch deployments`: what was put to work where, what serves now, and how that came about."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
import msgspec

from inferwatch.cli import options, output
from inferwatch.cli.clock import now_ms
from inferwatch.cli.registry import files
from inferwatch.cli.registry.listing import Listing
from inferwatch.cli.registry.place import Place, deployment, on_registry
from inferwatch.registry import instant, rules, shapes
from inferwatch.registry.records import Deployment

ENVIRONMENT = "dev"
"""Of a deployment of which neither the file nor the command says it."""
STYLES = {"current": "green", "failed": "red", "pending": "yellow"}
WIDTH = 80


@click.group(cls=Listing)
def command() -> None:
    """List the deployments that the registry has. With a file, `add` registers one."""


@command.command("list")
@on_registry
@options.as_json
def list_deployments(place: Place, as_json: bool) -> None:
    """Deployments, newest first; of all environments, where --environment names none."""
    opened = place.open()
    found = [
        each
        for model in place.models(opened.registry)
        for each in opened.registry.deployments(model, place.environment)
    ]
    if as_json:
        output.json_lines(shapes.as_json(each) for each in found)
    elif not found:
        of = place.whose()
        if place.environment:
            of += f" {'in' if of else 'of'} {place.environment}"
        output.note(f"no deployment{of} in {opened.where} yet; `inferwatch up` and `deploy` register what they serve")
    else:
        columns = ("Deployment", "Model", "Environment", "Version", "State", "Method", "Created", "By", "Endpoint")
        output.table(columns, [_row(each) for each in found], STYLES)


@command.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, allow_dash=True))
@on_registry
@options.as_json
def add(file: Path, place: Place, as_json: bool) -> None:
    """Register what FILE holds: a deployment as a JSON object, or a list of them.

    It is pending, unless the file says another state; `inferwatch promote` makes it the current one.
    """
    opened, spec = place.open(), place.spec()
    environment = place.environment or (spec.identity.environment if spec else ENVIRONMENT)
    absent: dict[str, Any] = {"create_at": instant.written(now_ms()), "created_by": opened.by}
    absent["environment"] = environment
    if spec is not None:
        absent |= {"namespace": spec.identity.namespace, "model_name": spec.identity.model_name}
    unsaid = False

    def shape(document: object) -> Deployment:
        nonlocal unsaid
        unsaid |= place.environment is None and isinstance(document, dict) and "environment" not in document
        return shapes.deployment(document, **absent)

    given = files.read(file, shape)
    if unsaid:
        output.note(f"{file} names no environment: {environment} is taken; --environment says another")
    for each in given:
        kept = opened.registry.register_deployment(each)
        if as_json:
            output.json_lines([shapes.as_json(kept)])
            continue
        of = f"version {kept.model_version} of {rules.group(kept.model)} in {kept.environment}"
        click.echo(f"deployment {kept.deployment_id} ({of}) is registered in {opened.where}, {kept.state}")


@command.command()
@click.argument("number", type=click.IntRange(1))
@on_registry
@options.as_json
def show(number: int, place: Place, as_json: bool) -> None:
    """All that is known of deployment NUMBER."""
    opened = place.open()
    model = place.model(opened)
    found = deployment(opened, model, number)
    if as_json:
        output.json_lines([shapes.as_json(found)])
        return
    rows = [("model", rules.group(model)), ("deployment", str(number)), ("version", str(found.model_version))]
    rows += [("environment", found.environment), ("state", found.state), ("endpoint", found.endpoint or "")]
    rows += [("method", found.deployment_method), ("strategy", found.rolling_strategy)]
    rows += [("created", found.create_at), ("by", found.created_by)]
    rows += [(f"variable {each.name}", each.value) for each in found.environment_variables]
    output.table(("", ""), [(name, output.line(text, 1000)) for name, text in rows], STYLES)


@command.command()
@click.option("--limit", type=click.IntRange(1, 10_000), default=50, show_default=True)
@on_registry
@options.as_json
def history(limit: int, place: Place, as_json: bool) -> None:
    """What became current when and by whom, newest first; of all environments, where --environment names none."""
    opened = place.open()
    model = place.model(opened)
    environments = (
        {place.environment} if place.environment else {each.environment for each in opened.registry.deployments(model)}
    )
    found = [change for name in sorted(environments) for change in opened.registry.history(model, name, limit)]
    found = sorted(found, key=lambda change: -change.at_ms)[:limit]
    if as_json:
        output.json_lines(msgspec.to_builtins(change) for change in found)
    elif not found:
        output.note(f"nothing of {rules.group(model)} has become current yet")
    else:
        output.table(
            ("At", "Environment", "Deployment", "Version", "Before", "Why", "By"),
            [
                (
                    output.moment(change.at_ms),
                    change.environment,
                    str(change.deployment_id),
                    str(change.model_version),
                    "" if change.before is None else str(change.before),
                    change.why,
                    output.line(change.by, WIDTH),
                )
                for change in found
            ],
        )


def _row(each: Deployment) -> tuple[str, ...]:
    created = output.moment(instant.milliseconds(each.create_at))
    where = (str(each.deployment_id), rules.group(each.model), each.environment, str(each.model_version), each.state)
    by, endpoint = output.line(each.created_by, WIDTH), output.line(each.endpoint or "", WIDTH)
    return (*where, each.deployment_method, created, by, endpoint)
