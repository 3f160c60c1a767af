"""The built packages under AWS's runtime interface emulator: started by AWS's runtime client, timed, killed.

Beside the package there is nothing but AWS's runtime client, so what it needs it has. What the emulator does not do:
it does not limit memory and reports the declared size as used; its report is a line of text, not `platform.report`.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import emf_rules
import pytest
import uv
from emulated_model import PYTHON, TIMEOUT
from emulator_environment import python_of
from runtime_emulator import Invocation, RuntimeEmulator, runtime_emulator

from inferwatch.cdk.package import image, zip_package
from inferwatch.cdk.package.code import HANDLER
from inferwatch.serving.event import http_event
from inferwatch.spec import load_spec

pytestmark = pytest.mark.xdist_group("runtime")


@pytest.fixture(scope="module")
def unzipped(model: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    python_of("runtime")  # so that a machine without the package index is told of first
    folder = tmp_path_factory.mktemp("zip") / "code"
    folder.mkdir()
    zip_package.stage(load_spec(model, "rest"), folder)
    return folder


@pytest.fixture(scope="module")
def emulator(unzipped: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RuntimeEmulator]:
    data = tmp_path_factory.mktemp("emulator")
    with runtime_emulator([unzipped], HANDLER, data=data, timeout=TIMEOUT, memory=256) as running:
        yield running


def test_the_first_invocation_starts_the_function_and_the_next_finds_it_warm(unzipped: Path, tmp_path: Path) -> None:
    with runtime_emulator([unzipped], HANDLER, data=tmp_path, timeout=TIMEOUT, memory=256) as fresh:
        cold, warm = fresh.invoke({"x": 1}), fresh.invoke({"x": 2})
    assert (cold.answer["prediction"], warm.answer["prediction"]) == (2, 4)
    assert [_record(each)["cold_start"] for each in (cold, warm)] == [True, False]
    assert "Init Duration" in cold.report
    assert "Init Duration" not in warm.report
    assert warm.report["Memory Size"] == 256
    assert warm.report["Billed Duration"] >= warm.report["Duration"] > 0


def test_the_record_is_one_whole_valid_line(emulator: RuntimeEmulator) -> None:
    invocation = emulator.invoke({"x": 3, "secret": "hidden"})
    record = _record(invocation)
    assert invocation.lines[:-1] == ["asked for 3"]
    assert record["transaction_id"] == invocation.answer["transaction_id"]
    assert record["request_id"] == invocation.request_id
    assert "hidden" not in invocation.lines[-1]


def test_a_large_request_does_not_tear_the_line(emulator: RuntimeEmulator) -> None:
    invocation = emulator.invoke({"x": 3, "padding": "ü" * 200_000})
    record = _record(invocation)
    assert record["status"] == "succeeded"
    assert record["truncated"] is True
    assert record["request_size"] > 400_000


def test_the_answer_comes_before_the_runtime_would_kill(emulator: RuntimeEmulator) -> None:
    event = http_event("POST", "/predict", [("content-type", "application/json")], b'{"x": -3}', now_ms=0)
    invocation = emulator.invoke(event)
    assert invocation.answer["statusCode"] == 504
    assert _record(invocation)["status"] == "timeout"
    assert invocation.report["Duration"] < TIMEOUT * 1000


def test_a_model_that_nothing_interrupts_is_killed_and_the_function_starts_anew(emulator: RuntimeEmulator) -> None:
    killed = emulator.invoke({"x": -4})
    assert killed.body.decode() == f"Task timed out after {TIMEOUT}.00 seconds"
    assert killed.lines == ["asked for -4"]  # no record: of such there is only the runtime's report
    assert killed.report["Billed Duration"] == TIMEOUT * 1000
    after = emulator.invoke({"x": 5})
    assert after.answer["prediction"] == 10
    assert _record(after)["cold_start"] is True


def test_a_model_that_ends_its_process_is_an_error_and_the_function_starts_anew(emulator: RuntimeEmulator) -> None:
    died = emulator.invoke({"x": -2})
    assert (died.status, died.answer["errorType"]) == (502, "Runtime.ExitError")
    assert died.lines == ["asked for -2"]
    assert emulator.invoke({"x": 6}).answer["prediction"] == 12


def test_what_is_wrong_with_the_model_is_said_when_the_function_starts(unzipped: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    shutil.copytree(unzipped, broken, ignore=shutil.ignore_patterns("__pycache__"))
    (broken / "app.py").write_text("import not_there\n")
    with runtime_emulator([broken], HANDLER, data=tmp_path, timeout=10) as running:
        invocation = running.invoke({"x": 1})
    assert "not_there" in invocation.answer["errorMessage"]


def test_the_image_s_context_runs_with_what_its_dockerfile_installs(model: Path, tmp_path: Path) -> None:
    """The steps of the Dockerfile by hand: without Docker there is no image, and so not AWS's base image either."""
    context, site = tmp_path / "context", tmp_path / "site"
    context.mkdir()
    image.stage(load_spec(model, "rest"), context)
    steps = (context / "Dockerfile").read_text().splitlines()
    assert steps[0] == f"FROM public.ecr.aws/lambda/python:{PYTHON}"
    assert steps[-1] == f'CMD ["{HANDLER}"]'
    (wheel,) = (context / image.BUILD).glob("*.whl")
    install = [uv.find_uv_bin(), "pip", "install", "--quiet", "--python", sys.executable, "--target", str(site)]
    subprocess.run([*install, str(wheel)], check=True)
    with runtime_emulator([context, site], HANDLER, data=tmp_path, timeout=TIMEOUT) as running:
        invocation = running.invoke({"x": 7})
    assert invocation.answer["prediction"] == 14
    assert _record(invocation)["status"] == "succeeded"


def _record(invocation: Invocation) -> dict[str, Any]:
    """The record of an invocation: its last line, which CloudWatch would take whole."""
    line = invocation.lines[-1]
    assert emf_rules.problems(line, time.time_ns() // 1_000_000) == []
    record: dict[str, Any] = json.loads(line)
    return record
