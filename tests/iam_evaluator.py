"""What IAM would say to a request, for policies of identities, as its page on the evaluation of policies has it.

It knows what our policies use and no more: whatever else stands in one is an error, and never a silent "no match".
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

Document = Mapping[str, Any]
_STATEMENT = {"Sid", "Effect", "Action", "Resource", "Condition"}
_OPERATORS = {"StringEquals": False, "StringLike": True}
_OF_ALL = "ForAllValues:"


class Request(NamedTuple):
    """action: `logs:StartQuery`; resource: an ARN, `*` for what has none; context: condition keys with their values,
    several for a key that has several."""

    action: str
    resource: str
    context: Mapping[str, str | tuple[str, ...]] = {}


def allowed(documents: Iterable[Document], request: Request) -> bool:
    """Whether some statement allows it and none denies it."""
    effects = {
        statement["Effect"]
        for document in documents
        for statement in _statements(document)
        if _applies(statement, request)
    }
    return effects == {"Allow"}


def actions(documents: Iterable[Document]) -> set[str]:
    """All that the statements name."""
    return {action for document in documents for s in _statements(document) for action in _listed(s["Action"])}


def matches(pattern: str, text: str) -> bool:
    """`*` for any characters, slashes and colons too, `?` for one."""
    if "${" in pattern:
        raise ValueError(f"a policy variable is not known here: {pattern}")
    regex = "".join({"*": ".*", "?": "."}.get(part, re.escape(part)) for part in pattern)
    return re.fullmatch(regex, text, re.DOTALL) is not None


def _statements(document: Document) -> Iterable[Document]:
    if document.get("Version") != "2012-10-17":
        raise ValueError(f"another version: {document.get('Version')}")
    for statement in _listed(document["Statement"]):
        if unknown := statement.keys() - _STATEMENT:
            raise ValueError(f"not known here: {', '.join(unknown)}")
        if statement["Effect"] not in ("Allow", "Deny"):
            raise ValueError(f"no effect: {statement['Effect']}")
        yield statement


def _applies(statement: Document, request: Request) -> bool:
    return (
        any(matches(action.lower(), request.action.lower()) for action in _listed(statement["Action"]))
        and any(matches(resource, request.resource) for resource in _listed(statement["Resource"]))
        and all(_holds(*condition, request.context) for condition in statement.get("Condition", {}).items())
    )


def _holds(operator: str, keys: Mapping[str, Any], context: Mapping[str, str | tuple[str, ...]]) -> bool:
    """All of its keys; of each, any of its values. A key that the request has not never matches, but where it asks for
    all of the request's values, of which there are none then."""
    known = {name.lower(): value for name, value in context.items()}
    if operator == "Null":
        return all((key.lower() not in known) is (wanted == "true") for key, wanted in keys.items())
    of_all, plain = operator.startswith(_OF_ALL), operator.removeprefix(_OF_ALL)
    if plain not in _OPERATORS:
        raise ValueError(f"the operator {operator} is not known here")
    for key, wanted in keys.items():
        value = known.get(key.lower())
        values = () if value is None else value if isinstance(value, tuple) else (value,)
        if not values and not of_all:
            return False
        if not all(_one(_OPERATORS[plain], _listed(wanted), each) for each in values):
            return False
    return True


def _one(like: bool, wanted: list[str], value: str) -> bool:
    return any(matches(each, value) if like else each == value for each in wanted)


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
