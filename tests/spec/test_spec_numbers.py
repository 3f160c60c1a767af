"""Version and deployment id: who gives them to a spec, and which of them wins."""

from __future__ import annotations

from pathlib import Path

import pytest

from inferwatch.errors import SpecError
from inferwatch.spec import load_spec, numbers
from inferwatch.spec.load import load_environments
from inferwatch.spec.numbers import Numbers

MODEL = '[model]\nnamespace = "/a"\nname = "m"\n'


def identity(folder: Path, text: str, environ: dict[str, str]) -> tuple[int | str, int | str]:
    (folder / "inferwatch.toml").write_text(text)
    found = load_spec(folder, None, environ).identity
    return found.model_version, found.deployment_id


@pytest.mark.parametrize(
    ("version", "environ", "is_"),
    [
        ("", {}, (1, 1)),
        ("version = 7\n", {}, (7, 1)),
        ("version = 'blue-1.2'\n", {}, ("blue-1.2", 1)),
        ("version = '0012'\n", {}, (12, 1)),
        ("version = 7\n", {"INFERWATCH_MODEL_VERSION": "12"}, (12, 1)),
        ("", {"INFERWATCH_MODEL_VERSION": "12", "INFERWATCH_DEPLOYMENT_ID": "d-7"}, (12, "d-7")),
        ("", {"INFERWATCH_NUMBERS": '{"dev":[3,11],"prod":[3,12]}'}, (3, 11)),
        ("", {"INFERWATCH_NUMBERS": '{"dev":[3,11]}', "INFERWATCH_MODEL_VERSION": "9"}, (3, 11)),
        ("", {"INFERWATCH_NUMBERS": '{"prod":[3,12]}', "INFERWATCH_MODEL_VERSION": "9"}, (9, 1)),
    ],
)
def test_what_is_injected_wins(
    tmp_path: Path, version: str, environ: dict[str, str], is_: tuple[int | str, int | str]
) -> None:
    assert identity(tmp_path, MODEL + version, environ) == is_


def test_each_environment_has_its_own(tmp_path: Path) -> None:
    (tmp_path / "inferwatch.toml").write_text(MODEL + "[environment.dev]\n[environment.prod]\n")
    environ = numbers.variables({"dev": Numbers(3, 11), "prod": Numbers(3, 12)})
    found = [(s.identity.model_version, s.identity.deployment_id) for s in load_environments(tmp_path, environ)]
    assert found == [(3, 11), (3, 12)]


def test_nothing_is_injected_where_there_is_nothing() -> None:
    assert numbers.variables({}) == {}


@pytest.mark.parametrize("value", ["{", "[]", '{"dev": 3}', '{"dev": ["x", 1]}'])
def test_a_variable_of_somebody_elses_is_named(tmp_path: Path, value: str) -> None:
    with pytest.raises(SpecError, match="INFERWATCH_NUMBERS: the variable is not as `inferwatch` writes it"):
        identity(tmp_path, MODEL, {"INFERWATCH_NUMBERS": value})
