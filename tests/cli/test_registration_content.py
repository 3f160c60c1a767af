"""What makes two models the same version: their files and what the spec says of calling them, and nothing else."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from inferwatch.cli.registration import content
from inferwatch.errors import RegistryError
from inferwatch.spec import load_spec
from inferwatch.spec.monitor_spec import MonitorSpec

SPEC = """
[model]
namespace = "/abc_corp/claim"
name = "adder"
predict = "app:predict"
confidence_scale = 1

[features]
a = "number"
b = { type = "integer", min = 0 }

[function]
memory = 512

[[alarm]]
name = "High-Latency-Alarm"
threshold = 500
"""


def model(folder: Path, spec: str = SPEC, environment: str | None = None) -> MonitorSpec:
    (folder / "weights").mkdir(parents=True, exist_ok=True)
    (folder / "app.py").write_text("def predict(features): return 1\n")
    (folder / "weights" / "model.bin").write_bytes(b"\0" * 100)
    (folder / "inferwatch.toml").write_text(spec)
    return load_spec(folder, environment, {})


def test_it_is_the_same_wherever_the_folder_lies(tmp_path: Path) -> None:
    """Pinned, since a version is found by it for ever."""
    one, other = content.digest(model(tmp_path / "a")), content.digest(model(tmp_path / "b" / "c"))
    assert one == other == "81bc139d65d331a8271b912ca2510281eac3a62eaa27a84fbe37091c5378e9d5"


def test_the_order_in_which_files_are_found_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spec = model(tmp_path / "a")
    for name in ("z.txt", "A.txt", "ä.txt"):
        (tmp_path / "a" / name).write_text(name)
    before = content.digest(spec)
    scan = os.scandir
    monkeypatch.setattr(os, "scandir", lambda path: reversed(list(scan(path))))
    assert content.digest(spec) == before


def grown(path: str, text: str = "x") -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        with (folder / path).open("a") as file:
            file.write(text)

    return change


def moved(folder: Path) -> None:
    shutil.move(folder / "weights" / "model.bin", folder / "model.bin")


def said(old: str, new: str) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        file = folder / "inferwatch.toml"
        assert old in file.read_text()
        file.write_text(file.read_text().replace(old, new))

    return change


@pytest.mark.parametrize(
    "change",
    [
        grown("app.py", "# changed\n"),
        grown("labels.txt"),
        grown("weights/model.bin"),
        grown("requirements.txt", "numpy\n"),
        grown("Dockerfile", "FROM x\n"),
        moved,
        said('"app:predict"', '"app:other"'),
        said('a = "number"', 'a = "number[2]"'),
        said("min = 0", "min = 1"),
        said("confidence_scale = 1", "confidence_scale = 100"),
        said("[function]", '[sagemaker]\nmodel_data = "s3://models/2.tar.gz"\n[function]'),
    ],
)
def test_what_is_served_makes_a_version(tmp_path: Path, change: Callable[[Path], None]) -> None:
    before = content.digest(model(tmp_path))
    change(tmp_path)
    assert content.digest(load_spec(tmp_path, None, {})) != before


@pytest.mark.parametrize(
    "change",
    [
        grown("tests/test_app.py"),
        grown("__pycache__/app.cpython-311.pyc"),
        grown(".git/HEAD"),
        grown(".inferwatch/catalog.sqlite"),
        grown("data/catalog.sqlite"),
        grown("cdk.out/manifest.json"),
        grown("inferwatch.compiled.json"),
        grown("inferwatch.toml", "# a remark\n"),
        said("threshold = 500", "threshold = 700"),
        said("memory = 512", "memory = 1024"),
        said("[function]", "[queue]\n[function]"),
        said("[function]", "[sagemaker]\n[function]"),
    ],
)
def test_all_else_makes_none(tmp_path: Path, change: Callable[[Path], None]) -> None:
    before = content.digest(model(tmp_path))
    change(tmp_path)
    assert content.digest(load_spec(tmp_path, None, {})) == before


def test_what_dockerignore_leaves_out_does_not_count_but_parts_of_the_image_do(tmp_path: Path) -> None:
    spec = model(tmp_path)
    (tmp_path / ".dockerignore").write_text("*.md\nDockerfile\nrequirements*.txt\n")
    before = content.digest(spec)
    grown("README.md")(tmp_path)
    assert content.digest(spec) == before
    grown("requirements.txt", "numpy\n")(tmp_path)
    assert content.digest(spec) != before


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object) -> None:
        raise PermissionError(13, "Permission denied", str(tmp_path / "weights" / "model.bin"))

    spec = model(tmp_path)
    monkeypatch.setattr("hashlib.file_digest", refused)
    with pytest.raises(RegistryError, match=r"model\.bin cannot be read: Permission denied; .* unless \.dockerignore"):
        content.digest(spec)


@pytest.mark.parametrize(
    ("change", "differs"),
    [
        (said("memory = 512", "memory = 1024"), True),
        (said("[function]", "[queue]\n[function]"), True),
        (said("[function]", '[sagemaker]\nendpoint = "ours"\n[function]'), True),
        (said("confidence_scale = 1", 'confidence_scale = 1\ncapture = "none"'), True),
        (said("threshold = 500", "threshold = 700"), False),
        (said("[function]", "[logs]\nretention_days = 5\n[function]"), False),
        (said("[function]", "[history]\n[lake]\n[function]"), False),
        (grown("app.py", "# changed\n"), False),
    ],
)
def test_the_configuration_is_what_the_function_is_made_with(
    tmp_path: Path, change: Callable[[Path], None], differs: bool
) -> None:
    before = content.configuration(model(tmp_path))
    change(tmp_path)
    assert (content.configuration(load_spec(tmp_path, None, {})) != before) == differs


def test_which_endpoint_is_asked_is_no_content(tmp_path: Path) -> None:
    """It is another one in each environment."""

    def asked(table: str) -> str:
        return content.digest(model(tmp_path, SPEC + f"[sagemaker]\n{table}\n"))

    assert asked('endpoint = "dev"') == asked('endpoint = "prod"') != asked('image = "here/it:1"')


def test_numbers_are_no_part_of_the_configuration(tmp_path: Path) -> None:
    before = content.configuration(model(tmp_path))
    environ = {"INFERWATCH_MODEL_VERSION": "3", "INFERWATCH_DEPLOYMENT_ID": "9"}
    assert content.configuration(load_spec(tmp_path, None, environ)) == before
