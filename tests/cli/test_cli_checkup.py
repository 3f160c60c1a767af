"""What the doctor says of a spec's queue and endpoint on this machine."""

from __future__ import annotations

import importlib.util
import re
import tomllib
from pathlib import Path

import pytest

from inferwatch.cli import checkup
from inferwatch.spec import load_spec

ROOT = Path(__file__).parents[2]
MODEL = '[model]\nnamespace = "/test"\nname = "claim"\n'
PREDICT = 'predict = "app:predict"\n'


def findings(folder: Path, spec: str) -> dict[str, tuple[str, str]]:
    (folder / "inferwatch.toml").write_text(MODEL + spec)
    return {found.what: (found.verdict, found.says) for found in checkup.parts(load_spec(folder, environ={}))}


@pytest.fixture
def lacking(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """Packages that are not installed."""
    names: set[str] = set()
    find_spec = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name in names else find_spec(name))
    return names


def test_a_model_without_parts_needs_nothing(tmp_path: Path, lacking: set[str]) -> None:
    lacking |= {"moto", "boto3"}
    assert findings(tmp_path, PREDICT) == {}


def test_parts_are_well_where_their_packages_are(tmp_path: Path) -> None:
    found = findings(tmp_path, f"{PREDICT}[queue]\n[sagemaker]\n")
    assert {verdict for verdict, _ in found.values()} == {"ok"}
    assert "claim-Inference-Queue" in found["queue"][1]
    assert "serves app:predict as the container of claim-Endpoint" in found["endpoint"][1]


def test_a_missing_extra_is_named_with_its_command(tmp_path: Path, lacking: set[str]) -> None:
    lacking.add("moto")
    found = findings(tmp_path, f"{PREDICT}[queue]\n[sagemaker]\n")
    assert found["queue"] == ("wrong", "missing: moto; pip install 'inferwatch[queue]'")
    assert found["endpoint"][0] == "ok"
    lacking.add("boto3")
    found = findings(tmp_path, f"{PREDICT}[queue]\n[sagemaker]\n")
    assert found["queue"] == ("wrong", "missing: moto, boto3; pip install 'inferwatch[queue]'")
    assert found["endpoint"] == ("wrong", "missing: boto3; pip install 'inferwatch[aws]'")


@pytest.mark.parametrize("extra", ["local", "queue", "aws"])
def test_no_package_is_asked_for_that_the_extra_does_not_bring(extra: str) -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    brought = {re.split(r"[^\w-]", wanted)[0].replace("-", "_") for wanted in extras[extra]}
    assert set(checkup.LOCAL_PACKAGES if extra == "local" else checkup.PART_PACKAGES[extra]) <= brought


def test_an_endpoint_whose_model_is_elsewhere_cannot_be_served_here(tmp_path: Path) -> None:
    found = findings(tmp_path, '[sagemaker]\nendpoint = "mine"\n')
    assert found["endpoint"][0] == "wrong"
    assert "no `predict`" in found["endpoint"][1]
    assert list(checkup.handler(load_spec(tmp_path, environ={}))) == []


def test_a_query_that_is_no_saved_query_of_cloudwatch_s_is_a_warning(tmp_path: Path) -> None:
    spec = f'{MODEL}[[query]]\nname = "Ten"\nby = ["10m"]\n[[query]]\nname = "Slow"\nwhere = "elapse >= 3000"\n'
    (tmp_path / "inferwatch.toml").write_text(spec)
    found = [one for one in checkup.spec(load_spec(tmp_path, environ={})) if one.what == "query"]
    assert [one.verdict for one in found] == ["warning"]
    assert found[0].says.startswith("Ten is no saved query of CloudWatch's: buckets of 10m")
