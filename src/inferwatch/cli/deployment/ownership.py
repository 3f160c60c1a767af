"""Whether a stack that is there is this model's."""

from __future__ import annotations

from inferwatch.aws.resources.stack import Stack
from inferwatch.cloudwatch.tags import another_model
from inferwatch.spec.identity import Identity


def problem(found: Stack, identity: Identity) -> str | None:
    """Why the stack must be left alone, None where it is the model's own, or says nothing of whose it is."""
    other = another_model(found.tags, identity)
    if other is None:
        return None
    return (
        f"the stack {found.name} is that of {other}, whose name comes to the same: give this model another model_name "
        "or namespace, or an account of its own"
    )
