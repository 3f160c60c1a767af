"""What `destroy` is going to remove, looked up before anything is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import msgspec

from inferwatch.aws.resources import assets, log_group, removal, stack
from inferwatch.aws.resources.log_group import LogGroup
from inferwatch.aws.resources.stack import Resource, Stack
from inferwatch.aws.site import Site
from inferwatch.cli.deployment import log_groups
from inferwatch.errors import DeployError

KEY = "AWS::KMS::Key"
CHANNEL = "AWS::Chatbot::SlackChannelConfiguration"


class Plan(msgspec.Struct, frozen=True):
    """found: the stack, None where there is none; resources: what goes with it; log_groups and keys: what it leaves,
    and what costs; others: what it leaves besides; strange: log groups of the model that the stack did not make;
    uploaded: hashes of its assets.
    """

    found: Stack | None
    resources: tuple[Resource, ...]
    log_groups: tuple[LogGroup, ...]
    keys: tuple[str, ...]
    others: tuple[Resource, ...]
    strange: tuple[LogGroup, ...]
    uploaded: frozenset[str]

    def by_kind(self) -> dict[str, int]:
        """How many of each kind go with the stack."""
        return dict(sorted(Counter(one.type.removeprefix("AWS::") for one in self.resources).items()))


def plan(site: Site, local_assets: Iterable[str]) -> Plan:
    """What there is to remove. local_assets: hashes that the last assembly on this machine names.

    Raises AwsError, and DeployError where the stack's state does not allow its deletion.
    """
    found = stack.find(site.session, site.names.stack)
    if found is None or found.is_empty:
        return Plan(found, (), (), (), (), _log_groups(site, log_groups.names(site)), frozenset(local_assets))
    _check(found)
    everything = [one for one in stack.resources(site.session, found.name) if one.is_there]
    kept = removal.kept(site.session, found.name)
    own = [one.physical_id for one in everything if one.type == log_groups.LOG_GROUP]
    return Plan(
        found=found,
        resources=tuple(one for one in everything if one not in kept),
        log_groups=_log_groups(site, [one.physical_id for one in kept if one.type == log_groups.LOG_GROUP]),
        keys=tuple(one.physical_id for one in kept if one.type == KEY),
        others=tuple(one for one in kept if one.type not in (log_groups.LOG_GROUP, KEY)),
        strange=_log_groups(site, [name for name in log_groups.names(site) if name not in own]),
        uploaded=assets.uploaded(site.session, found.name) | frozenset(local_assets),
    )


def _check(found: Stack) -> None:
    if found.is_at_work:
        raise DeployError(f"the stack {found.name} is {found.status}: wait for its end, then try again")
    if found.protected:
        command = "aws cloudformation update-termination-protection --no-enable-termination-protection --stack-name"
        raise DeployError(f"the stack {found.name} is protected from deletion: `{command} {found.name}` ends that")


def _log_groups(site: Site, names: Iterable[str]) -> tuple[LogGroup, ...]:
    return tuple(group for name in names if (group := log_group.find(site.session, name)) is not None)
