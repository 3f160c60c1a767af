"""Templates of small models: what their constructs make, with intrinsic functions worked out."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from aws_cdk import App, Stack, assertions
from intrinsics import resolved

Properties = dict[str, Any]


class Made:
    """What a stack makes: its template, and its resources by type."""

    def __init__(self, stack: Stack) -> None:
        self.template: dict[str, Any] = assertions.Template.from_stack(stack).to_json()
        self._resolved = resolved(self.template)

    def all(self, kind: str) -> list[Properties]:
        """The properties of every resource of a type, as in `Lambda::Function`."""
        return [each.get("Properties", {}) for each in self.resources(kind)]

    def one(self, kind: str) -> Properties:
        """Those of the only one."""
        (properties,) = self.all(kind)
        return properties

    def resources(self, kind: str) -> list[dict[str, Any]]:
        return [each for each in self._resolved["Resources"].values() if each["Type"] == f"AWS::{kind}"]

    def statements(self) -> list[dict[str, Any]]:
        """Every statement of every policy of a role."""
        return [s for policy in self.all("IAM::Policy") for s in policy["PolicyDocument"]["Statement"]]

    @property
    def outputs(self) -> dict[str, Any]:
        return {name: each["Value"] for name, each in self._resolved.get("Outputs", {}).items()}


def made(build: Callable[[Stack], object], folder: Path) -> Made:
    """What `build` makes in a stack of an app of its own, which is written to `folder`."""
    stack = Stack(App(builtin_cloud_formation_validation=False, outdir=str(folder / "cdk.out")), "small")
    build(stack)
    return Made(stack)
