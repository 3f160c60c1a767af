"""What two specs become. After a change that is meant: GOLDEN=write pytest tests/cloudwatch, then read the diff."""

from __future__ import annotations

import pytest
from cloudwatch_examples import derived, digits, golden, rich

PARTS = ("alarms", "composites", "dashboard", "queries", "filters", "access_log")


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("spec", [digits, rich], ids=lambda spec: spec.__name__)
def test_what_a_spec_becomes_is_what_was_agreed(spec, part):
    value = derived(spec())[part]
    assert value == golden(f"{spec.__name__}_{part}", value)
