"""The code of a function as a zip: for its own machine, slim, and within Lambda's limits."""

from __future__ import annotations

import importlib.util
import json
import platform
import struct
import subprocess
import sys
from pathlib import Path

import pytest
from small_model import small_model

from inferwatch.cdk.package import slim, zip_package
from inferwatch.errors import DeployError

HERE = f"{sys.version_info.major}.{sys.version_info.minor}"
ELF_MACHINES = {"x86_64": 62, "arm64": 183}
ABSENT = "there-is-no-such-package-0123456789"


def staged(folder: Path, function: str, requirements: str = "") -> Path:
    spec = small_model(folder / "model", f"[function]\npackage = 'zip'\n{function}\n")
    if requirements:
        (folder / "model" / "requirements.txt").write_text(requirements)
    target = folder / "zip"
    target.mkdir()
    zip_package.stage(spec, target)
    return target


@pytest.mark.parametrize("architecture", ["x86_64", "arm64"])
def test_packages_are_those_of_the_functions_machine_and_python(tmp_path: Path, architecture: str) -> None:
    target = staged(tmp_path, f"python = '3.14'\narchitecture = '{architecture}'")

    libraries = list(target.rglob("*.so"))
    assert {"orjson", "_core"} == {file.name.split(".")[0] for file in libraries}
    for library in libraries:
        (machine,) = struct.unpack("<H", library.read_bytes()[18:20])
        assert machine == ELF_MACHINES[architecture]
        assert ".cpython-314-" in library.name


def test_the_models_folder_lies_beside_its_packages(tmp_path: Path) -> None:
    target = staged(tmp_path, "", "# none\n")

    assert {"app.py", "inferwatch.toml", "inferwatch.compiled.json", "inferwatch", "orjson", "msgspec"} <= {
        path.name for path in target.iterdir()
    }
    assert not (target / "bin").exists()


def test_its_handler_answers(tmp_path: Path) -> None:
    machine = "arm64" if platform.machine() in ("arm64", "aarch64") else "x86_64"
    target = staged(tmp_path, f"python = '{HERE}'\narchitecture = '{machine}'")
    program = """
import sys; sys.path.insert(0, "")
from inferwatch.serving import aws_lambda
class Context:
    aws_request_id = "1"
    def get_remaining_time_in_millis(self):
        return 10_000
aws_lambda.handler({"a": 2}, Context())
"""
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", program], cwd=target, capture_output=True, text=True, check=True
    )

    assert json.loads(done.stdout)["prediction"] == 3


def test_requirements_may_name_inferwatch_which_no_index_has(tmp_path: Path) -> None:
    assert (staged(tmp_path, "", "inferwatch\n") / "inferwatch" / "serving" / "aws_lambda.py").exists()


def test_a_package_without_a_wheel_for_the_function_is_one_clear_message(tmp_path: Path) -> None:
    expected = (
        rf"for Python 3\.13 on arm64; a zip takes built wheels only, function\.package = \"image\" may do: .*{ABSENT}"
    )
    with pytest.raises(DeployError, match=expected) as raised:
        staged(tmp_path, "architecture = 'arm64'", f"{ABSENT}\n")
    assert "\n" not in str(raised.value)


def test_too_large_a_function_names_its_largest_packages(tmp_path: Path) -> None:
    for name, size in (("torch", 200), ("scipy", 49), ("app.py", 2)):
        with (tmp_path / name).open("wb") as file:
            file.truncate(size * 1024 * 1024)  # no byte is written

    expected = r"takes 251 MB unzipped, and Lambda takes 250 MB; the largest: torch 200 MB, scipy 49 MB, app\.py 2 MB"
    with pytest.raises(DeployError, match=expected) as raised:
        zip_package.check_size(tmp_path)
    assert 'function.package = "image"' in str(raised.value)
    (tmp_path / "app.py").unlink()
    zip_package.check_size(tmp_path)


def test_slimming_keeps_what_is_used_at_run_time(tmp_path: Path) -> None:
    kept = ["p/__init__.py", "p/data.txt", "p/lib.so", "p-1.dist-info/METADATA", "p-1.dist-info/licenses/LICENSE",
            "p-1.dist-info/entry_points.txt", "p/template.md"]  # fmt: skip
    gone = ["p/tests/test_p.py", "p/sub/tests/data.bin", "p/__pycache__/p.pyc", "p/p.pyi", "p/include/p.h", "bin/p",
            "p-1.dist-info/direct_url.json", "p-1.dist-info/RECORD", ".lock"]  # fmt: skip
    for name in (*kept, *gone):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()

    slim.slim(tmp_path)

    assert sorted(str(file.relative_to(tmp_path)) for file in tmp_path.rglob("*") if file.is_file()) == sorted(kept)


def test_bytecode_is_made_for_this_python_alone_and_needs_no_times(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text("a = 1\n")
    slim.compile_bytecode(tmp_path, "3.99")
    assert not (tmp_path / "__pycache__").exists()

    slim.compile_bytecode(tmp_path, HERE)

    compiled = Path(importlib.util.cache_from_source(str(tmp_path / "app.py"))).read_bytes()
    unchecked_hash = 0b01  # PEP 552
    assert struct.unpack("<I", compiled[4:8]) == (unchecked_hash,)
    assert str(tmp_path).encode() not in compiled


def test_the_hash_follows_names_and_contents_and_no_bytecode(tmp_path: Path) -> None:
    for name in ("one", "other", "renamed", "changed"):
        (tmp_path / name).mkdir()
        (tmp_path / name / ("b.py" if name == "renamed" else "a.py")).write_text("1" if name == "changed" else "0")
    slim.compile_bytecode(tmp_path / "other", HERE)

    hashes = {name: slim.digest(tmp_path / name) for name in ("one", "other", "renamed", "changed")}
    assert hashes["one"] == hashes["other"]
    assert len(set(hashes.values())) == 3


def test_the_same_model_makes_the_same_zip(tmp_path: Path) -> None:
    one, other = staged(tmp_path / "1", ""), staged(tmp_path / "2", "")

    assert slim.digest(one) == slim.digest(other)
