"""`inferwatch destroy`: a deployed model is taken from AWS, and nothing is left that costs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from inferwatch.cli import options, output
from inferwatch.cli.clock import patience
from inferwatch.cli.deployment.wording import counted
from inferwatch.errors import InferWatchError
from inferwatch.spec import load_spec

if TYPE_CHECKING:
    from inferwatch.aws.resources.log_group import LogGroup
    from inferwatch.aws.site import Site
    from inferwatch.cli.deployment.removal_plan import Plan


@click.command()
@click.argument("path", type=click.Path(path_type=Path), default=Path())
@options.environment
@options.region
@click.option("--yes", is_flag=True, help="Do not ask. The logs go too, unless --keep-logs.")
@click.option("--keep-logs", is_flag=True, help="Leave the log groups, and every record in them.")
def command(path: Path, environment: str | None, region: str | None, yes: bool, keep_logs: bool) -> None:
    """Remove the model in PATH from AWS: its stack, its logs, its keys, and what was uploaded for it.

    Asks first, and for the logs apart.
    """
    from inferwatch.aws.site import open_site
    from inferwatch.cli.deployment import question, removal_plan

    spec = load_spec(path, environment)
    where = open_site(spec, region)
    planned = removal_plan.plan(where, _local_assets(Path(spec.folder), where))
    if planned.found is None and not planned.strange:
        output.note(f"nothing to remove: {where.where} has no stack {where.names.stack}, and no log group of the model")
        return
    _show(where, planned)
    if planned.found is not None and not question.agreed(f"Remove {where.names.stack}?", yes=yes):
        raise click.Abort
    groups = () if keep_logs else tuple(_log_groups_to_remove(planned, yes=yes))
    _remove(where, planned, groups)


def _log_groups_to_remove(planned: Plan, *, yes: bool) -> Iterator[LogGroup]:
    """Those of the stack after asking, others only if a person says so: they may be another's."""
    from inferwatch.cli.deployment import question

    records = "with every record in it"
    if planned.log_groups and question.agreed(f"Remove its logs, {_listed(planned.log_groups)}, {records}?", yes=yes):
        yield from planned.log_groups
    for group in () if yes else planned.strange:
        if question.agreed(f"The stack did not make {group.name}. Remove it too, {records}?", yes=False):
            yield group


def _listed(groups: tuple[LogGroup, ...]) -> str:
    return ", ".join(f"{group.name} ({group.stored_bytes / 1e6:.1f} MB)" for group in groups)


def _show(site: Site, planned: Plan) -> None:
    if planned.found is None:
        output.note(f"{site.where} has no stack {site.names.stack}; logs of the model are there")
        return
    output.note(f"{planned.found.name} in {site.where} is {planned.found.status}.")
    if planned.resources:
        output.note("With it go:")
        output.table(("Kind", ""), [(kind, str(number)) for kind, number in planned.by_kind().items()])


def _remove(site: Site, planned: Plan, groups: tuple[LogGroup, ...]) -> None:
    from inferwatch.aws.resources import log_group, removal

    if planned.found is not None:
        try:
            removal.delete(site.session, planned.found, patience(), output.note)
        except KeyboardInterrupt:
            output.note("\nCloudFormation goes on with the stack; the rest stays.")
            output.note("For that, run `inferwatch destroy` again before it has ended.")
            raise
        output.note(f"gone: the stack {planned.found.name}")
    for group in groups:
        log_group.delete(site.session, group.name)
        output.note(f"gone: the log group {group.name}")
    logs_went = set(planned.log_groups) <= set(groups)
    for key in planned.keys if logs_went else ():
        removal.schedule_key_deletion(site.session, key)
        output.note(f"goes in {removal.KEY_WAITS_DAYS} days, free until then: the key {key} of the logs")
    _remove_assets(site, planned)
    _say_what_is_left(planned, groups, keys=() if logs_went else planned.keys)
    _say_what_aws_keeps(site, planned)


def _remove_assets(site: Site, planned: Plan) -> None:
    from inferwatch.aws.resources import assets

    try:
        removed = assets.remove(site.session, site.caller, planned.uploaded)
    except InferWatchError as error:
        output.note(f"left, and costs a little: what was uploaded for the stack, since {error}")
        return
    if removed.images or removed.objects:
        images, files = counted(removed.images, "image"), counted(removed.objects, "file")
        output.note(f"gone: {images} and {files} that were uploaded for it")
    if removed.kept:
        output.note(f"left: {removed.kept} of those, since other stacks use {'it' if removed.kept == 1 else 'them'}")


def _say_what_is_left(planned: Plan, groups: tuple[LogGroup, ...], keys: tuple[str, ...]) -> None:
    from inferwatch.cli.deployment import removal_plan

    for group in (*planned.log_groups, *planned.strange):
        if group not in groups:
            days = f"{group.retention_days} days" if group.retention_days else "ever"
            output.note(
                f"left: the log group {group.name}, which keeps a line for {days}, at about 0.03 USD a GB and month"
            )
    for key in keys:
        output.note(f"left, at about 1 USD a month: the key {key}, without which nobody can read those logs")
    if any(one.type == removal_plan.KEY for one in planned.resources):
        output.note("left for a week, free: the key of the alarm topic, which KMS deletes then")
    for one in planned.others:
        output.note(f"left, since the template says so: {one.type} {one.physical_id}")
    output.note(
        "left: CDK's bootstrap stack, which other stacks may use; it costs what others keep in it, else nothing"
    )


def _say_what_aws_keeps(site: Site, planned: Plan) -> None:
    """Log groups that services make by themselves, which no stack has."""
    from inferwatch.cli.deployment import removal_plan

    for one in planned.resources:
        if one.type == removal_plan.CHANNEL:
            name = one.physical_id.rpartition("/")[2]
            output.note(f"left, if Slack ever refused a message: the log group /aws/chatbot/{name} in us-east-1")
    if site.spec.function.insights:
        output.note("left: /aws/lambda-insights, the log group of all functions with Lambda Insights")


def _local_assets(folder: Path, site: Site) -> frozenset[str]:
    """Of the stack's last assembly, which also knows the template's own."""
    from inferwatch.cli.deployment import assembly, synthesis

    output_folder = folder / synthesis.OUTPUT
    if not assembly.is_assembly(output_folder):
        return frozenset()
    stacks = [one for one in assembly.read(output_folder) if one.name == site.names.stack]
    return frozenset(hash for one in stacks for hash in (*one.images, *one.files))
