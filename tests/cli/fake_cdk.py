"""A stand-in for CDK's command line: it writes down how it was called, and the outputs of a stack."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from inferwatch.cli.deployment import cdk_cli

SCRIPT = """
import json, os, sys
from pathlib import Path

with Path(os.environ["CDK_CALLS"]).open("a") as calls:
    print(json.dumps([*sys.argv[1:], os.environ["AWS_REGION"]]), file=calls)
sys.exit("its app would be run") if sys.argv[1] == "bootstrap" and os.listdir() else None
print("CDK says something")
if "--outputs-file" in sys.argv:
    Path(sys.argv[sys.argv.index("--outputs-file") + 1]).write_text(os.environ["CDK_OUTPUTS"])
sys.exit(sys.argv[1] == os.environ.get("CDK_FAILS"))
"""


def install(folder: Path, monkeypatch: pytest.MonkeyPatch, stack: str, outputs: dict[str, str]) -> Path:
    """Where it writes down its calls, one a line. The command that `CDK_FAILS` names fails."""
    script, calls = folder / "cdk.py", folder / "calls"
    script.write_text(SCRIPT)
    monkeypatch.setattr(cdk_cli, "_npx", lambda: [sys.executable, str(script)])
    monkeypatch.setenv("CDK_CALLS", str(calls))
    monkeypatch.setenv("CDK_OUTPUTS", json.dumps({stack: outputs}))
    return calls


def called(calls: Path) -> list[list[str]]:
    """What it was called with, and in which region, apart from being fetched."""
    lines = [json.loads(line) for line in calls.read_text().splitlines()] if calls.exists() else []
    return [line for line in lines if line[0] != "--version"]


def deployments(calls: Path) -> list[list[str]]:
    """What `cdk deploy` was called with."""
    return [options for command, *options, _region in called(calls) if command == "deploy"]
