"""`inferwatch register`: a stage of a pipeline tells that it is deployed. Not for people."""

from __future__ import annotations

from pathlib import Path

import click

from inferwatch.cli import options
from inferwatch.errors import SpecError


@click.command()
@click.argument("path", type=click.Path(path_type=Path), default=Path())
@options.environment
@click.option("--deployment", "deployment_id", type=click.IntRange(1), required=True, help="What is deployed.")
@click.option("--endpoint", help="Where it answers. [default: nowhere by itself]")
def command(path: Path, environment: str | None, deployment_id: int, endpoint: str | None) -> None:
    """Have the registry of the pipeline's account say that a stage's deployment serves.

    A pipeline does so once CloudFormation has deployed the stage; people have `inferwatch promote`.
    """
    from inferwatch.aws.site import open_site
    from inferwatch.cdk.pipeline.stages import stages
    from inferwatch.cli.registration import building

    every = stages(path)
    found = {spec.identity.environment: spec for spec in every}
    wanted = environment or every[-1].identity.environment
    if wanted not in found:
        raise SpecError(every[-1].file, "pipeline.stages", f"has no {wanted!r}; it has {', '.join(found)}")
    building.deployed(open_site(every[-1]), found[wanted], deployment_id, endpoint or None)
