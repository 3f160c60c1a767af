"""The wheel of InferWatch that goes into a function."""

from __future__ import annotations

import base64
import csv
import hashlib
import json
import platform
import subprocess
import sys
import zipfile
from email.parser import BytesParser
from pathlib import Path

import pytest
from small_model import small_model

from inferwatch.cdk.package import slim, wheel, zip_package
from inferwatch.errors import DeployError
from inferwatch.spec.function import FunctionSpec

MB = 1024 * 1024
ADDED_MAX = 2 * MB
PYTHON = (sys.executable, "-B", "-I", "-S", "-c")  # without this machine's packages

SERVE = """
import json, sys
sys.path.insert(0, {packages!r})
from inferwatch.serving import aws_lambda
class Context:
    aws_request_id = "1"
    def get_remaining_time_in_millis(self):
        return 10_000
print(json.dumps(aws_lambda.handler({event!r}, Context())))
print(*sorted(name for name in sys.modules if "." not in name), sep=",")
"""


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return wheel.write(tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def installed(written: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the wheel brings with it, for this very machine's Python."""
    target = tmp_path_factory.mktemp("installed")
    zip_package.install(_this_python(), [str(written)], str(target), target)
    slim.slim(target)
    return target


def _this_python() -> FunctionSpec:
    machine = "arm64" if platform.machine() in ("arm64", "aarch64") else "x86_64"
    return FunctionSpec(python=f"{sys.version_info.major}.{sys.version_info.minor}", architecture=machine)


def test_the_same_sources_make_the_same_bytes(written: Path, tmp_path: Path) -> None:
    assert wheel.write(tmp_path).read_bytes() == written.read_bytes()


def test_sources_that_are_not_installed_are_no_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", [])
    with pytest.raises(DeployError, match="runs from its sources alone; install it"):
        wheel.write(tmp_path)


def test_it_holds_the_rooms_of_a_function_and_no_other(written: Path) -> None:
    with zipfile.ZipFile(written) as archive:
        names = archive.namelist()
    package = [name.split("/")[1] for name in names if name.startswith("inferwatch/")]

    assert set(package) == {"__init__.py", "errors.py", "py.typed", "lake", "sdk", "serving", "spec"}
    assert [name for name in names if "__pycache__" in name or "examples" in name] == []


def test_it_needs_orjson_and_msgspec_and_nothing_else(written: Path) -> None:
    with zipfile.ZipFile(written) as archive:
        (name,) = [name for name in archive.namelist() if name.endswith("/METADATA")]
        headers = BytesParser().parsebytes(archive.read(name))

    assert {line.partition(">")[0] for line in headers.get_all("Requires-Dist", [])} == {"msgspec", "orjson"}
    assert headers["Name"] == "inferwatch"
    assert headers["Version"] == written.name.split("-")[1]


def test_the_record_is_true(written: Path) -> None:
    with zipfile.ZipFile(written) as archive:
        (record,) = [name for name in archive.namelist() if name.endswith("/RECORD")]
        rows = {row[0]: row[1:] for row in csv.reader(archive.read(record).decode().splitlines())}
        assert rows.keys() == set(archive.namelist())
        for name in rows.keys() - {record}:
            digest = base64.urlsafe_b64encode(hashlib.sha256(archive.read(name)).digest()).rstrip(b"=").decode()
            assert rows[name] == [f"sha256={digest}", str(len(archive.read(name)))]


def test_its_licence_goes_with_it(written: Path) -> None:
    with zipfile.ZipFile(written) as archive:
        (licence,) = [name for name in archive.namelist() if name.endswith("licenses/LICENSE")]
        assert b"Apache License" in archive.read(licence)


def test_every_module_of_it_imports_where_nothing_else_is(installed: Path) -> None:
    modules = [
        ".".join(file.relative_to(installed).with_suffix("").parts).removesuffix(".__init__")
        for file in (installed / "inferwatch").rglob("*.py")
        if file.name != "composite_grammar.py"  # needs lark, and says so; a function reads its spec compiled
    ]
    program = f"import sys; sys.path.insert(0, {str(installed)!r})\nimport {', '.join(modules)}"

    done = subprocess.run([*PYTHON, program], capture_output=True, text=True, check=False)

    assert (done.returncode, done.stderr) == (0, "")


def test_its_handler_answers_where_nothing_else_is(installed: Path, tmp_path: Path) -> None:
    spec = small_model(tmp_path)
    (tmp_path / "inferwatch.compiled.json").write_text(json.dumps(spec.compile()))
    program = SERVE.format(packages=str(installed), event={"a": 2})

    done = subprocess.run([*PYTHON, program], cwd=tmp_path, capture_output=True, text=True, check=True)
    record, answer, modules = done.stdout.splitlines()

    assert json.loads(answer)["prediction"] == 3
    assert json.loads(record)["status"] == "succeeded"
    # What is loaded is billed at every cold start: no spec code, no parser of addresses.
    assert {"msgspec", "tomllib", "ipaddress", "urllib"}.isdisjoint(modules.split(","))


def test_it_adds_less_than_its_budget_to_a_function(installed: Path) -> None:
    """All files of the three packages, unzipped: what Lambda's limit counts, and more than what is uploaded."""
    size = sum(file.stat().st_size for file in installed.rglob("*") if file.is_file())

    assert {path.name.split("-")[0] for path in installed.iterdir()} == {"inferwatch", "msgspec", "orjson"}
    assert size < ADDED_MAX


def test_nothing_in_it_says_where_it_was_made(installed: Path) -> None:
    told = [
        file for file in installed.rglob("*") if file.is_file() and str(installed.parent).encode() in file.read_bytes()
    ]
    assert told == []
    assert not list(installed.rglob("direct_url.json"))
