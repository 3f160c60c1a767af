"""What several messages say alike."""

from __future__ import annotations


def counted(number: int, what: str) -> str:
    """`1 file`, `2 files`."""
    return f"{number} {what}{'' if number == 1 else 's'}"


def stack_of_another(name: str, other: str) -> str:
    """other: `doc of /a/claim_x`."""
    return (
        f"the stack {name} is that of {other}, whose name comes to the same: give this model another model_name or "
        "namespace, or an account of its own"
    )
