"""The history's table that a deployment finds: the stack's own, one to be used, one in the way."""

from __future__ import annotations

from inferwatch.aws.resources import stack, table
from inferwatch.aws.site import Site

_KINDS = ("AWS::DynamoDB::Table", "AWS::DynamoDB::GlobalTable")
_FUNCTION = "AWS::Lambda::Function"


def not_ours(site: Site) -> tuple[str, ...]:
    """Its name, where it is there and the stack did not make it. Raises AwsError."""
    name = site.names.history
    if site.spec.history is None or table.find(site.session, name) is None:
        return ()
    own = any(stack.holds(site.session, site.names.stack, kind, name) for kind in _KINDS)
    return () if own else (name,)


def problem(site: Site) -> str | None:
    """Why the stack cannot make its table, and what to do; None where it can. Raises AwsError.

    A stack that has what writes the table was told before to use the one that it did not make.
    """
    if stack.holds(site.session, site.names.stack, _FUNCTION, site.names.history_writer) or not not_ours(site):
        return None
    name = site.names.history
    return (
        f"there is a table {name} already that the stack {site.names.stack} did not make: an earlier `destroy "
        "--keep-data` kept it, or another model of this name has it; `inferwatch deploy --existing-table` uses it as "
        f"it is, `aws dynamodb delete-table --table-name {name}` removes it with every item in it"
    )
