"""Which deployment serves an environment: a stack of changes, of which each knows the one below it. Pure.

A deployment that is promoted comes on top. A roll back takes the top away, so rolling back twice goes further back, and
what was rolled back from comes again only by being promoted. The history keeps every change; nothing in it is changed.
"""

from __future__ import annotations

import msgspec

from inferwatch.errors import RegistryError
from inferwatch.registry import instant
from inferwatch.registry.records import Change, Deployment


class Entry(msgspec.Struct, frozen=True):
    """A change as it is kept. number: 1, 2, ... within the model and environment; below: number of the entry whose
    deployment a roll back comes to, None where there is none."""

    number: int
    below: int | None
    change: Change


def promotable(wanted: Deployment) -> None:
    """Raise RegistryError for a deployment that failed, or is the current one."""
    name = f"deployment {wanted.deployment_id} (version {wanted.model_version})"
    if wanted.state == "failed":
        raise RegistryError(
            f"{name} failed before it served {wanted.environment}, and cannot be promoted; deploy the version again"
        )
    if wanted.state == "current":
        raise RegistryError(f"{name} is what serves {wanted.environment} already")


def promoted(top: Entry | None, wanted: Deployment, *, now_ms: int, by: str, serving: bool = True) -> Entry:
    """The entry by which `wanted` becomes current. top: the environment's newest one, None before the first; serving:
    whether its deployment is current still, and was not retired.

    Raises RegistryError as `promotable` does.
    """
    promotable(wanted)
    change = Change(
        at_ms=now_ms,
        environment=wanted.environment,
        deployment_id=wanted.deployment_id,
        model_version=wanted.model_version,
        before=top.change.deployment_id if top and serving else None,
        why="deployed" if wanted.state == "pending" else "promoted",
        by=by,
    )
    below = top.number if top and serving else None  # what was taken away with the one before cannot be come back to
    return Entry(number=top.number + 1 if top else 1, below=below, change=change)


def loaded(top: Entry | None, given: Deployment, *, serving: bool) -> Entry | None:
    """The entry that history which is loaded brings with it: of a deployment that is current, since it was made.

    None of one that is not. serving: as for `promoted`. Raises RegistryError where another is current already.
    """
    if given.state != "current":
        return None
    if top is not None and serving:
        raise RegistryError(
            f"state: {given.environment} is served by deployment {top.change.deployment_id} already; register this one"
            " as pending and promote it"
        )
    pending = msgspec.structs.replace(given, state="pending")
    at_ms = instant.milliseconds(given.create_at)
    return promoted(top, pending, now_ms=at_ms, by=given.created_by, serving=serving)


def rolled_back(top: Entry, under: Entry, *, now_ms: int, by: str, to: int | None = None) -> Entry:
    """The entry by which the deployment of `under`, the one below `top`, becomes current again.

    to: the deployment that it was expected to be. Raises RegistryError where it is another.
    """
    found = under.change.deployment_id
    if to is not None and found != to:
        raise RegistryError(
            f"{top.change.environment} was changed in the meantime: rolling back would come to deployment {found} and"
            f" not to {to}; look at `inferwatch deployments`, and roll back again if that is meant"
        )
    change = Change(
        at_ms=now_ms,
        environment=top.change.environment,
        deployment_id=under.change.deployment_id,
        model_version=under.change.model_version,
        before=top.change.deployment_id,
        why="rolled back",
        by=by,
    )
    return Entry(number=top.number + 1, below=under.below, change=change)


def standing(top: Entry | None, environment: str, *, serving: bool = True) -> tuple[Entry, int]:
    """The top, and the number of the entry below it, to which a roll back comes. serving: as for `promoted`.

    Raises RegistryError for none.
    """
    if top is None:
        raise RegistryError(f"nothing serves {environment} yet; there is nothing to roll back")
    if not serving:
        taken = f"deployment {top.change.deployment_id} (version {top.change.model_version}) was taken away"
        raise RegistryError(f"nothing serves {environment} since {taken}; `inferwatch deploy` puts one in its place")
    if top.below is None:
        raise RegistryError(
            f"nothing to roll back to: no deployment served {environment} before deployment"
            f" {top.change.deployment_id} (version {top.change.model_version}); `inferwatch promote` chooses another"
        )
    return top, top.below
