"""Logical ids stay: CloudFormation replaces a resource whose id changes, and with it what it holds.

`golden/<stack>.txt` lists them, with their types. What is meant to change with every deployment (a function's version,
an API's deployment) has a hash at its end, which is left out. After a change that is meant: GOLDEN=write.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from intrinsics import Template
from synthesis import Synthesized

pytestmark = pytest.mark.xdist_group("synth")

GOLDEN = Path(__file__).parent / "golden"
_HASHED = {"AWS::Lambda::Version", "AWS::ApiGateway::Deployment"}


def listed(template: Template) -> str:
    lines = [f"{_stable(logical, r['Type'])} {r['Type']}" for logical, r in template["Resources"].items()]
    return "\n".join(sorted(lines)) + "\n"


def _stable(logical: str, kind: str) -> str:
    return re.sub(r"[0-9a-f]{32}$", "<hash>", logical) if kind in _HASHED else logical


@pytest.fixture(autouse=True)
def written(synthesized: Synthesized) -> None:
    if os.environ.get("GOLDEN") == "write":
        for name, template in synthesized.templates.items():
            (GOLDEN / f"{name}.txt").write_text(listed(template))


def test_every_stack_has_its_list_and_every_list_its_stack(synthesized: Synthesized) -> None:
    assert {file.stem for file in GOLDEN.glob("*.txt")} == set(synthesized.templates)


def test_logical_ids_are_the_listed_ones(synthesized: Synthesized) -> None:
    for name, template in synthesized.templates.items():
        assert listed(template) == (GOLDEN / f"{name}.txt").read_text(), name
