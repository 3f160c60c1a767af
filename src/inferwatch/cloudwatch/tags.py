"""The tags of all that is made for a model: by them bills are parted, and a stack says whose it is."""

from __future__ import annotations

import re
from collections.abc import Mapping

from inferwatch.spec.identity import Identity

_NO_TAG = re.compile(r"[^\w .:/=+@-]")
_ENVIRONMENT = "inferwatch:environment"


def tags(identity: Identity, *, of_all_environments: bool = False) -> dict[str, str]:
    """Value by name. What a value may not have in it (AWS allows letters, digits, spaces and `_.:/=+-@`) is a dash."""
    found = {
        "inferwatch:model": identity.model_name,
        _ENVIRONMENT: identity.environment,
        "inferwatch:node": identity.namespace,
    }
    if of_all_environments:
        del found[_ENVIRONMENT]
    return {name: _NO_TAG.sub("-", value) for name, value in found.items()}


def another_model(found: Mapping[str, str], identity: Identity) -> str | None:
    """`doc of /a/claim_x` where these tags are of another model than this, None where they are its own, or none.

    Stacks' names know dashes only, so `/a/claim` with `x_doc` and `/a/claim_x` with `doc` come to one.
    """
    own = tags(identity, of_all_environments=True)
    if all(found.get(name, value) == value for name, value in own.items()):
        return None
    said = {**own, **found}
    return f"{said['inferwatch:model']} of {said['inferwatch:node']}"
