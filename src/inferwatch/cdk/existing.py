"""Log groups and tables that are there already, which a stack shall use and not make. CDK context says which."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from constructs import Node

CONTEXT = "inferwatch:existing-log-groups"
"""A list of names: in cdk.json, with `cdk --context`, or by `inferwatch deploy --existing-log-group`."""

TABLES = "inferwatch:existing-tables"
"""A list of names of history tables."""


def log_groups(node: Node) -> frozenset[str]:
    """Their names, as the app of `node` was told."""
    return frozenset(node.try_get_context(CONTEXT) or ())


def tables(node: Node) -> frozenset[str]:
    """Their names, as the app of `node` was told."""
    return frozenset(node.try_get_context(TABLES) or ())
