"""`inferwatch destroy`: a deployed model is taken from AWS, and nothing is left that costs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from inferwatch.cli import options, output
from inferwatch.cli.clock import patience
from inferwatch.cli.deployment.wording import counted
from inferwatch.errors import InferWatchError

if TYPE_CHECKING:
    from inferwatch.aws.site import Site
    from inferwatch.cli.deployment.removal_plan import Plan
    from inferwatch.cli.deployment.stores import Store


@click.command()
@click.argument("path", type=click.Path(path_type=Path), default=Path())
@options.environment
@options.region
@click.option("--yes", is_flag=True, help="Do not ask. Logs and data go too, unless --keep-logs, --keep-data.")
@click.option("--keep-logs", is_flag=True, help="Leave the log groups, and every record in them.")
@click.option("--keep-data", is_flag=True, help="Leave history and lake: the table and the bucket.")
@options.app
def command(
    *,
    path: Path,
    environment: str | None,
    region: str | None,
    yes: bool,
    keep_logs: bool,
    keep_data: bool,
    app: str,
) -> None:
    """Remove the model in PATH from AWS: its stack, logs, history, lake and keys, and what was uploaded for it.

    Asks first, and for logs and data apart.
    """
    from inferwatch.aws.site import open_site
    from inferwatch.cli.deployment import app as apps
    from inferwatch.cli.deployment import question, removal_plan

    one, spec = apps.chosen(path, environment, app)
    where = apps.at(open_site(spec, region), one)
    planned = removal_plan.plan(where, _local_assets(Path(spec.folder), where))
    if planned.found is None and not planned.strange:
        output.note(f"nothing to remove: {where.where} has no stack {where.names.stack}, and nothing that one left")
        return
    _show(where, planned)
    if planned.found is not None and not question.agreed(f"Remove {where.names.stack}?", yes=yes):
        raise click.Abort
    stores = [] if keep_logs else _agreed("logs", planned.logs, yes=yes)
    stores += [] if keep_data else _agreed("data", planned.data, yes=yes)
    stores += [] if yes else _strange(planned, keep_logs=keep_logs, keep_data=keep_data)
    _remove(where, planned, stores)
    if one is apps.MODEL and planned.found is not None:
        _retire(where)


def _agreed(what: str, stores: tuple[Store, ...], *, yes: bool) -> list[Store]:
    """Those of the stack, after asking."""
    from inferwatch.cli.deployment import question

    listed = ", ".join(f"{one.name} ({one.holds})" for one in stores)
    agreed = stores and question.agreed(f"Remove its {what}, {listed}, with all that is in it?", yes=yes)
    return list(stores) if agreed else []


def _strange(planned: Plan, *, keep_logs: bool, keep_data: bool) -> list[Store]:
    """Others go only if a person says so: they may be another's."""
    from inferwatch.cli.deployment import question

    asked = [one for one in planned.strange if not (keep_logs if one.kind == "log group" else keep_data)]
    question_of = "The stack did not make {}. Remove it too, with all that is in it?"
    return [one for one in asked if question.agreed(question_of.format(one.name), yes=False)]


def _show(site: Site, planned: Plan) -> None:
    if planned.found is None:
        listed = " and ".join(one.called for one in planned.strange)
        output.note(f"{site.where} has no stack {site.names.stack}; but there is {listed}")
        return
    output.note(f"{planned.found.name} in {site.where} is {planned.found.status}.")
    if planned.resources:
        output.note("With it go:")
        output.table(("Kind", ""), [(kind, str(number)) for kind, number in planned.by_kind().items()])


def _remove(site: Site, planned: Plan, chosen: list[Store]) -> None:
    from inferwatch.aws.resources import removal
    from inferwatch.cli.deployment import stores

    if planned.found is not None:
        try:
            removal.delete(site.session, planned.found, patience(), output.note)
        except KeyboardInterrupt:
            output.note("\nCloudFormation goes on with the stack; the rest stays.")
            output.note("For that, run `inferwatch destroy` again before it has ended.")
            raise
        output.note(f"gone: the stack {planned.found.name}")
    for store in chosen:
        stores.remove(site.session, store)
        output.note(f"gone: {store.called}")
    free = planned.keys_without(chosen)
    for key in free:
        removal.schedule_key_deletion(site.session, key)
        output.note(f"goes in {removal.KEY_WAITS_DAYS} days, free until then: the key {key}")
    _remove_assets(site, planned)
    _say_what_is_left(planned, chosen, [key for key in planned.keys if key not in free])
    _say_what_aws_keeps(site, planned, chosen)


def _retire(site: Site) -> None:
    """Have the registry say that nothing serves any longer."""
    from inferwatch.cli.registration import remote

    try:
        gone = remote.retire(site)
    except InferWatchError as error:
        output.note(f"warning: the registry may say still that a deployment serves: {error}")
        return
    if gone is not None:
        output.note(f"left, as history: the registry, in which deployment {gone.deployment_id} serves no longer")


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


def _say_what_is_left(planned: Plan, chosen: list[Store], keys: list[str]) -> None:
    from inferwatch.cli.deployment import removal_plan

    for store in (*planned.logs, *planned.data, *planned.strange):
        if store not in chosen:
            output.note(f"left: {store.called}, {store.costs}")
    for key in keys:
        output.note(f"left, at about 1 USD a month: the key {key}, without which nobody can read what stays")
    if any(one.type == removal_plan.KEY for one in planned.resources):
        output.note("left for a week, free: the key of the alarm topic, which KMS deletes then")
    for one in planned.others:
        output.note(f"left, since the template says so: {one.type} {one.physical_id}")
    output.note(
        "left: CDK's bootstrap stack, which other stacks may use; it costs what others keep in it, else nothing"
    )


def _say_what_aws_keeps(site: Site, planned: Plan, chosen: list[Store]) -> None:
    """What services make by themselves, which no stack has."""
    from inferwatch.cli.deployment import removal_plan

    for one in planned.resources:
        if one.type == removal_plan.CHANNEL:
            name = one.physical_id.rpartition("/")[2]
            output.note(f"left, if Slack ever refused a message: the log group /aws/chatbot/{name} in us-east-1")
    if any(one.kind == "table" for one in chosen):
        output.note("left for 35 days, free: the backup that DynamoDB makes of a table as it goes")
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
