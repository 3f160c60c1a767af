"""Importing is billed as a Lambda's init: what it loads is kept to orjson, what orjson loads, and our own few files."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

HEAVY = ("boto3", "botocore", "duckdb", "pydantic", "asyncio", "click", "msgspec", "logging", "tomllib", "numpy")


def loaded_by(statement: str) -> set[str]:
    """The modules that `statement` loads beyond those of an interpreter that has loaded orjson."""
    program = f"import sys, orjson\nbefore = set(sys.modules)\n{statement}\nprint(*set(sys.modules) - before)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


@pytest.mark.parametrize("statement", ["import inferwatch.sdk", "import inferwatch; inferwatch.Monitor"])
def test_recording_loads_orjson_and_nothing_heavier(statement: str) -> None:
    loaded = loaded_by(statement)
    assert not {name.partition(".")[0] for name in loaded} & set(HEAVY)
    # dataclasses and inspect come with orjson itself; pathlib and urllib would come with a careless import of ours.
    assert not loaded & {"dataclasses", "inspect", "pathlib", "urllib", "urllib.parse", "importlib.metadata", "socket"}
    ours = {name for name in loaded if name.startswith("inferwatch.")}
    assert {name.split(".")[1] for name in ours} == {"sdk", "spec", "errors"}
    assert {name for name in ours if name.startswith("inferwatch.spec.")} == {
        "inferwatch.spec.record",
        "inferwatch.spec.limits",
    }


def test_importing_inferwatch_loads_nothing_yet() -> None:
    assert {name for name in loaded_by("import inferwatch") if name.startswith("inferwatch.")} == set()


def test_recording_loads_no_more_than_its_import() -> None:
    """orjson would import numpy for a value that it does not know, bytes for one."""
    compiled = {
        "namespace": "/a", "model_name": "m", "model_version": 1, "deployment_id": 1,
        "environment": "dev", "metric_namespace": "a",
    }  # fmt: skip
    statement = f"""
import json
from inferwatch.sdk import Monitor
before = set(sys.modules)
Monitor(json.loads({json.dumps(compiled)!r}), lambda line: None).record(request={{"a": [b"x", {{1: 2}}]}})
"""
    assert loaded_by(statement) == set()
