from __future__ import annotations

from typing import Any

import pytest
from cloudwatch_examples import digits
from msgspec.structs import replace

from inferwatch.cloudwatch.names import names
from inferwatch.cloudwatch.tags import another_model, tags
from inferwatch.spec.monitor_spec import MonitorSpec


def called(namespace: str, model_name: str, **other: Any) -> MonitorSpec:
    spec = digits()
    identity = replace(spec.identity, namespace=namespace, model_name=model_name, **other)
    return replace(spec, identity=identity)


def test_a_model_whose_stack_would_be_the_same_is_told_by_its_tags() -> None:
    here, there = called("/a/claim", "x_doc"), called("/a/claim_x", "doc")
    assert names(here).stack == names(there).stack
    assert another_model(tags(there.identity), here.identity) == "doc of /a/claim_x"
    assert another_model(tags(here.identity), here.identity) is None


@pytest.mark.parametrize("found", [{}, {"cost-centre": "7"}, {"inferwatch:model": "x_doc"}])
def test_a_stack_that_does_not_say_whose_it_is_is_nobody_else_s(found: dict[str, str]) -> None:
    assert another_model(found, called("/a/claim", "x_doc").identity) is None


def test_an_environment_that_is_called_anew_is_the_same_model() -> None:
    before, now = (called("/a/claim", "doc", environment=environment) for environment in ("dev", "test"))
    assert another_model(tags(before.identity), now.identity) is None


def test_what_a_tag_may_not_hold_is_a_dash() -> None:
    identity = called("/a/claim", "doc", environment="prod!#1").identity
    assert tags(identity)["inferwatch:environment"] == "prod--1"
    assert "inferwatch:environment" not in tags(identity, of_all_environments=True)
