"""`inferwatch versions`: the model versions that a registry has, and registering one."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from inferwatch.cli import options, output
from inferwatch.cli.clock import now_ms
from inferwatch.cli.registry import files
from inferwatch.cli.registry.listing import Listing
from inferwatch.cli.registry.place import Place, on_registry
from inferwatch.registry import instant, rules, shapes
from inferwatch.registry.records import Deployment, ModelVersion

WIDTH = 80


@click.group(cls=Listing)
def command() -> None:
    """List the model versions that the registry has. With a file, `add` registers one."""


@command.command("list")
@on_registry
@options.as_json
def list_versions(place: Place, as_json: bool) -> None:
    """Versions, newest first, and which environments they serve now."""
    opened = place.open()
    rows: list[tuple[str, ...]] = []
    for model in place.models(opened.registry):
        versions = opened.registry.versions(model)
        if as_json:
            output.json_lines(shapes.as_json(each) for each in versions)
        elif versions:
            deployments = opened.registry.deployments(model)
            rows += [_row(each, _serves(each, deployments)) for each in versions]
    if rows:
        output.table(("Version", "Model", "Serves", "Created", "By", "Description"), rows)
    elif not as_json:
        where = f"{place.whose()} in {opened.where}"
        output.note(f"no version{where} yet; `inferwatch up` and `deploy` register what they serve")


@command.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, allow_dash=True))
@on_registry
@options.as_json
def add(file: Path, place: Place, as_json: bool) -> None:
    """Register what FILE holds: a version as a JSON object, or a list of them.

    A version without model_version is given the next number, one with it must find it free.
    """
    opened, spec = place.open(), place.spec()
    absent = {"create_at": instant.written(now_ms()), "created_by": opened.by}
    if spec is not None:
        absent |= {"namespace": spec.identity.namespace, "model_name": spec.identity.model_name}
    for given in files.read(file, lambda document: shapes.version(document, **absent)):
        kept = opened.registry.register_version(given)
        if as_json:
            output.json_lines([shapes.as_json(kept)])
        else:
            click.echo(f"version {kept.model_version} of {rules.group(kept.model)} is registered in {opened.where}")


@command.command()
@click.argument("number", type=click.IntRange(1))
@on_registry
@options.as_json
def show(number: int, place: Place, as_json: bool) -> None:
    """All that is known of version NUMBER."""
    opened = place.open()
    model = place.model(opened)
    versions = opened.registry.versions(model)
    found = next((each for each in versions if each.model_version == number), None)
    if found is None:
        raise rules.no_version(number, model, [each.model_version for each in versions])
    if as_json:
        output.json_lines([shapes.as_json(found)])
        return
    serves = _serves(found, opened.registry.deployments(model))
    rows = [("model", rules.group(model)), ("version", str(number)), ("serves", serves)]
    rows += [("description", found.description), ("created", found.create_at), ("by", found.created_by)]
    rows += [(f"artifact {a.name}", f"{a.uri} sha256:{a.sha256}" if a.sha256 else a.uri) for a in found.artifacts]
    rows += [(f"metric {name}", f"{value:g}") for name, value in found.metrics.items()]
    output.table(("", ""), [(name, output.line(text, 1000)) for name, text in rows])


def _serves(version: ModelVersion, deployments: Sequence[Deployment]) -> str:
    """The environments of which its deployments are current."""
    current = [each for each in deployments if each.state == "current" and each.model_version == version.model_version]
    return ", ".join(sorted(each.environment for each in current))


def _row(version: ModelVersion, serves: str) -> tuple[str, ...]:
    created = output.moment(instant.milliseconds(version.create_at))
    by, description = output.line(version.created_by, WIDTH), output.line(version.description, WIDTH)
    return (str(version.model_version), rules.group(version.model), serves, created, by, description)
