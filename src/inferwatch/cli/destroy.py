"""`inferwatch destroy`: a deployed model is taken from AWS, and nothing is left that costs."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING

import click

from inferwatch.cli import options, output
from inferwatch.cli.clock import now_ms
from inferwatch.errors import InferWatchError
from inferwatch.spec import load_spec

if TYPE_CHECKING:
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
    from inferwatch.cli.deployment import question
    from inferwatch.cli.deployment.removal_plan import plan

    spec = load_spec(path, environment)
    where = open_site(spec, region)
    planned = plan(where, _local_assets(Path(spec.folder), where))
    if planned.found is None and not planned.log_groups:
        output.note(
            f"there is nothing to remove: {where.where} has no stack {where.names.stack}, and no log group of it"
        )
        return
    _show(where, planned)
    if planned.found is not None and not question.agreed(f"Remove {where.names.stack}?", yes=yes):
        raise click.Abort
    logs = bool(planned.log_groups) and not keep_logs and _logs_too(planned, yes=yes)
    _remove(where, planned, logs=logs)


def _logs_too(planned: Plan, *, yes: bool) -> bool:
    from inferwatch.cli.deployment import question

    if planned.found is None and yes:
        return False  # no stack answers for them any more: they may be another's by now
    names = ", ".join(group.name for group in planned.log_groups)
    return question.agreed(f"Remove the logs too, with every record of the model ({names})?", yes=yes)


def _show(site: Site, planned: Plan) -> None:
    if planned.found is None:
        output.note(f"{site.where} has no stack {site.names.stack}; logs of it are left")
    else:
        output.note(f"{planned.found.name} in {site.where} is {planned.found.status}. With it go:")
        output.table(("Kind", ""), [(kind, str(number)) for kind, number in planned.by_kind().items()])
    for group in planned.log_groups:
        output.note(f"log group {group.name}: {group.stored_bytes / 1e6:.1f} MB")


def _remove(site: Site, planned: Plan, *, logs: bool) -> None:
    from inferwatch.aws import log_group, removal
    from inferwatch.aws.patience import Patience

    if planned.found is not None:
        removal.delete(site.session, planned.found, Patience(now_ms, threading.Event().wait), output.note)
        output.note(f"gone: the stack {planned.found.name}")
    if logs:
        for group in planned.log_groups:
            log_group.delete(site.session, group.name)
            output.note(f"gone: the log group {group.name}")
        for key in planned.keys:
            removal.schedule_key_deletion(site.session, key)
            output.note(
                f"goes in {removal.KEY_WAITS_DAYS} days, and costs nothing until then: the key {key} of the logs"
            )
    _remove_assets(site, planned)
    _say_what_is_left(site, planned, logs=logs)


def _remove_assets(site: Site, planned: Plan) -> None:
    from inferwatch.aws import assets

    try:
        removed = assets.remove(site.session, site.caller, planned.uploaded)
    except InferWatchError as error:
        output.note(f"left, and costs a little: what was uploaded for the stack, since {error}")
        return
    output.note(f"gone: {removed.images} images and {removed.objects} files that were uploaded for it")
    if removed.kept:
        output.note(f"left: {removed.kept} of those that were uploaded, since other stacks use them")


def _say_what_is_left(site: Site, planned: Plan, *, logs: bool) -> None:
    if planned.log_groups and not logs:
        for group in planned.log_groups:
            days = f"{group.retention_days} days" if group.retention_days else "ever"
            output.note(
                f"left: the log group {group.name}, which keeps each line for {days}, at 0.03 USD a GB and month"
            )
        for key in planned.keys:
            output.note(f"left, at 1 USD a month: the key {key}, without which nobody can read those logs")
    if any(one.type == "AWS::KMS::Key" for one in planned.resources):
        output.note("the key of the alarm topic is pending deletion for a week, and costs nothing")
    for one in planned.others:
        output.note(f"left, since the template says so: {one.type} {one.physical_id}")
    output.note(
        "left: CDK's bootstrap stack, which other stacks may use; it costs what others keep in it, else nothing"
    )


def _local_assets(folder: Path, site: Site) -> frozenset[str]:
    """Of the stack's last assembly, which also knows the template's own."""
    from inferwatch.cli.deployment import assembly, synthesis

    output_folder = folder / synthesis.OUTPUT
    if not assembly.is_assembly(output_folder):
        return frozenset()
    stacks = [one for one in assembly.read(output_folder) if one.name == site.names.stack]
    return frozenset(hash for one in stacks for hash in (*one.images, *one.files))
