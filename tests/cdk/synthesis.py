"""What one synth of the tests' stacks wrote."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NamedTuple

from intrinsics import Template

SPECS = Path(__file__).parent / "specs"


class Synthesized(NamedTuple):
    """templates: by stack; report: of the validations, cdk-nag's among them."""

    folder: Path
    templates: dict[str, Template]
    report: dict[str, Any]

    def warnings(self, stack: str) -> list[str]:
        """What CDK would warn of, in order."""
        return [data for _, data in self._metadata(stack, "aws:cdk:warning")]

    def acknowledged(self, stack: str) -> set[tuple[str, str]]:
        """What the constructs acknowledge: where, and the whole id."""
        return {(where, id) for where, ids in self._metadata(stack, "aws:cdk:acknowledged-rules") for id in ids}

    def _metadata(self, stack: str, kind: str) -> list[tuple[str, Any]]:
        metadata = json.loads((self.folder / f"{stack}.metadata.json").read_bytes())
        return [
            (path.lstrip("/"), entry["data"])
            for path, entries in metadata.items()
            for entry in entries
            if entry["type"] == kind
        ]


def read(folder: Path) -> Synthesized:
    """What lies in an assembly's folder."""
    templates = {
        file.name.removesuffix(".template.json"): json.loads(file.read_bytes())
        for file in sorted(folder.glob("*.template.json"))
    }
    return Synthesized(folder, templates, json.loads((folder / "validation-report.json").read_bytes()))
