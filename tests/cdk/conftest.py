"""One synth for all tests of the templates."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from intrinsics import Template

pytest_plugins: list[str] = []


class Synthesized(NamedTuple):
    """What one synth wrote. templates: by stack; report: of the validations, cdk-nag's among them."""

    folder: Path
    templates: dict[str, Template]
    report: dict[str, Any]

    def warnings(self, stack: str) -> list[str]:
        """What CDK would warn of, in order."""
        metadata = json.loads((self.folder / f"{stack}.metadata.json").read_bytes())
        return [
            entry["data"] for entries in metadata.values() for entry in entries if entry["type"] == "aws:cdk:warning"
        ]


@pytest.fixture(scope="session")
def synthesized(tmp_path_factory: pytest.TempPathFactory) -> Synthesized:
    """The stacks of `stacks.py`. Whoever uses it is in the xdist group "synth", so that one worker has it once."""
    import stacks

    folder = tmp_path_factory.mktemp("synth") / "cdk.out"
    stacks.synthesize(folder)
    return Synthesized(
        folder,
        {name: json.loads((folder / f"{name}.template.json").read_bytes()) for name in stacks.NAMES},
        json.loads((folder / "validation-report.json").read_bytes()),
    )
