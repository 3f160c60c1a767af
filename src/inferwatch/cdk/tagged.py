"""Whose a stack is, on the stack and on all in it that can be tagged."""

from __future__ import annotations

from aws_cdk import Stack, Tags

from inferwatch.cloudwatch.tags import tags
from inferwatch.spec.identity import Identity


def tag(stack: Stack, identity: Identity, *, of_all_environments: bool = False) -> None:
    for name, value in tags(identity, of_all_environments=of_all_environments).items():
        Tags.of(stack).add(name, value)
