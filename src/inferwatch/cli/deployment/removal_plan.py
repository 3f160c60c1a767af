"""What `destroy` is going to remove, looked up before anything is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable

import boto3
import msgspec

from inferwatch.aws.resources import assets, removal, stack
from inferwatch.aws.resources.stack import Resource, Stack
from inferwatch.aws.site import Site
from inferwatch.cli.deployment import log_groups, ownership, stores
from inferwatch.cli.deployment.stores import Store
from inferwatch.errors import DeployError
from inferwatch.spec.identity import Identity

KEY = "AWS::KMS::Key"
CHANNEL = "AWS::Chatbot::SlackChannelConfiguration"
_FINDERS: dict[str, Callable[[boto3.Session, str], Store | None]] = {
    log_groups.LOG_GROUP: stores.of_log_group,
    "AWS::DynamoDB::Table": stores.of_table,
    "AWS::S3::Bucket": stores.of_bucket,
}


class Plan(msgspec.Struct, frozen=True):
    """found: the stack, None where there is none; resources: what goes with it; logs, data and keys: what it leaves,
    and what costs; others: what it leaves besides; strange: log groups and table of the model that the stack did not
    make; uploaded: hashes of its assets.
    """

    found: Stack | None
    resources: tuple[Resource, ...]
    logs: tuple[Store, ...]
    data: tuple[Store, ...]
    keys: tuple[str, ...]
    others: tuple[Resource, ...]
    strange: tuple[Store, ...]
    uploaded: frozenset[str]

    def by_kind(self) -> dict[str, int]:
        """How many of each kind go with the stack."""
        return dict(sorted(Counter(one.type.removeprefix("AWS::") for one in self.resources).items()))

    def keys_without(self, removed: Collection[Store]) -> tuple[str, ...]:
        """The keys that nothing needs once these are removed; one of which it is not known what it encrypts, once
        everything is.
        """
        stay = [one for one in (*self.logs, *self.data, *self.strange) if one not in removed]
        known = {key for key in self.keys for one in (*self.logs, *self.data) if _encrypts(key, one)}
        return tuple(
            key
            for key in self.keys
            if not (any(_encrypts(key, one) for one in stay) if key in known else set(stay) - set(self.strange))
        )


def plan(site: Site, local_assets: Iterable[str]) -> Plan:
    """What there is to remove. local_assets: hashes that the last assembly on this machine names.

    Raises AwsError, and DeployError where the stack's state does not allow its deletion.
    """
    found = stack.find(site.session, site.names.stack)
    if found is None or found.is_empty:
        return Plan(found, (), (), (), (), (), _strange(site, ()), frozenset(local_assets))
    _check(found, site.spec.identity)
    everything = [one for one in stack.resources(site.session, found.name) if one.is_there]
    kept = removal.kept(site.session, found.name)
    held = {one: _FINDERS[one.type](site.session, one.physical_id) for one in kept if one.type in _FINDERS}
    left = [store for store in held.values() if store is not None]
    return Plan(
        found=found,
        resources=tuple(one for one in everything if one not in kept),
        logs=tuple(one for one in left if one.kind == "log group"),
        data=tuple(one for one in left if one.kind != "log group"),
        keys=tuple(one.physical_id for one in kept if one.type == KEY),
        others=tuple(one for one in kept if one.type not in (KEY, *_FINDERS)),
        strange=_strange(site, [one.physical_id for one in everything]),
        uploaded=assets.uploaded(site.session, found.name) | frozenset(local_assets),
    )


def _encrypts(key: str, store: Store) -> bool:
    return store.kms_key is not None and store.kms_key.endswith(key)


def _check(found: Stack, identity: Identity) -> None:
    if (problem := ownership.problem(found, identity)) is not None:
        raise DeployError(f"nothing was removed: {problem}")
    if found.is_at_work:
        raise DeployError(f"the stack {found.name} is {found.status}: wait for its end, then try again")
    if found.protected:
        command = "aws cloudformation update-termination-protection --no-enable-termination-protection --stack-name"
        raise DeployError(f"the stack {found.name} is protected from deletion: `{command} {found.name}` ends that")


def _strange(site: Site, own: Collection[str]) -> tuple[Store, ...]:
    """What has a name of the model's, and is not the stack's own."""
    found = [stores.of_log_group(site.session, name) for name in log_groups.names(site) if name not in own]
    if site.spec.history is not None and site.names.history not in own:
        found.append(stores.of_table(site.session, site.names.history))
    return tuple(one for one in found if one is not None)
