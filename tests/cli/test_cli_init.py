"""`inferwatch init`: the project that it makes, and what it refuses."""

from __future__ import annotations

import errno
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from inferwatch.cli import examples
from inferwatch.cli.commands import cli
from inferwatch.cloudwatch.names import names
from inferwatch.errors import RuntimeStartError
from inferwatch.spec import load_spec

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "sleep_advice"


def init(*arguments: str) -> Result:
    return CliRunner().invoke(cli, ["init", *arguments])


def committed() -> list[str]:
    """The files of the example, without what working with it makes."""
    made = {"__pycache__", ".pytest_cache", ".venv", ".inferwatch", "cdk.out", "local.mk"}
    files = [file.relative_to(EXAMPLE) for file in EXAMPLE.rglob("*") if file.is_file()]
    return [str(file) for file in files if not made & set(file.parts)]


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def project(here: Path) -> Path:
    result = init("demo-model", "--namespace", "/abc_corp/claim")
    assert result.exit_code == 0, result.output
    return here / "demo-model"


def test_the_project_is_the_example_under_its_own_name(project: Path) -> None:
    made = {str(file.relative_to(project)) for file in project.rglob("*") if file.is_file()}
    assert made == {*committed(), "local.mk"}
    for name in committed():
        original = (EXAMPLE / name).read_bytes()
        renamed = original.replace(b"sleep-advice", b"demo-model").replace(b"/demo/health", b"/abc_corp/claim")
        assert (project / name).read_bytes() == renamed, name


def test_a_full_disk_is_one_message(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(source: str, target: str) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", source)

    monkeypatch.setattr(shutil, "copyfile", full)
    problem = init("demo-model").exception
    assert isinstance(problem, OSError)
    assert str(problem).startswith("demo-model/")
    assert str(problem).count("No space left on device") == 1


def test_the_wheel_has_the_example_where_the_installed_package_looks_for_it() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    wheel = project["tool"]["hatch"]["build"]["targets"]["wheel"]
    assert {"examples/digits", "examples/sleep_advice"} <= set(wheel["only-include"])
    assert wheel["sources"]["examples"] == "inferwatch/examples"


@pytest.mark.parametrize("installed", [True, False])
def test_an_example_is_found_in_the_package_and_in_a_checkout(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, installed: bool
) -> None:
    package = tmp_path / "src" / "inferwatch"
    folder = (package if installed else tmp_path) / "examples" / "mine"
    folder.mkdir(parents=True)
    (folder / "inferwatch.toml").touch()
    monkeypatch.setattr(examples, "__file__", str(package / "cli" / "examples.py"))
    assert examples.example("mine") == folder
    with pytest.raises(RuntimeStartError, match="'yours' is not part of this installation"):
        examples.example("yours")


def test_its_spec_has_the_names_that_were_given(project: Path) -> None:
    spec = load_spec(project, environ={})
    assert spec.identity.log_group == "/abc_corp/claim/demo-model"
    assert names(spec).function == "demo-model-Inference"


def test_it_says_what_comes_next(here: Path) -> None:
    said = init("demo-model").stderr
    assert "cd demo-model" in said
    assert "make deploy" in said
    assert "/me/demo-model" in said


def test_its_own_tests_pass(project: Path) -> None:
    done = subprocess.run(["make", "test"], cwd=project, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "passed" in done.stdout


def test_its_makefile_finds_the_inferwatch_that_made_it_although_path_does_not(project: Path) -> None:
    done = make(project, "up", "ARGS=--help")
    assert done.returncode == 0, done.stderr
    assert "Serve the model in PATH" in done.stdout


def test_without_that_it_says_how_to_install_inferwatch(project: Path) -> None:
    (project / "local.mk").unlink()
    done = make(project, "up")
    assert done.returncode != 0
    assert "There is no inferwatch" in done.stderr
    assert "pip install" in done.stderr


def make(project: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """`make` where PATH has the system's programs alone."""
    return subprocess.run(
        ["make", *arguments],
        cwd=project,
        env={"PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_an_interpreter_s_path_may_hold_any_character(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    odd = here / "it's # a $HOME" / "python"
    odd.parent.mkdir()
    odd.symlink_to("/bin/echo")
    monkeypatch.setattr(sys, "executable", str(odd))
    assert init("demo-model").exit_code == 0
    assert make(here / "demo-model", "up").stdout == "-P -m inferwatch up .\n"


@pytest.mark.parametrize("name", ["1st", "a/b", "..", "ä", "a b", "-x-", "a" * 41, ""])
def test_a_bad_name_says_what_is_allowed(here: Path, name: str) -> None:
    result = init("--", name)
    assert result.exit_code == 2
    assert "letters, digits" in result.stderr
    assert list(here.iterdir()) == []


@pytest.mark.parametrize(
    ("namespace", "says"),
    [("claim", "must begin with '/'"), ("/aws/x", "AWS keeps"), ("/a b", "character"), ("/1st", "letters"), ("/", "")],
)
def test_a_bad_namespace_says_what_is_allowed(here: Path, namespace: str, says: str) -> None:
    result = init("demo-model", "--namespace", namespace)
    assert result.exit_code == 2
    assert says in " ".join(result.stderr.split())
    assert list(here.iterdir()) == []


def test_what_is_there_already_is_left_as_it_is(here: Path) -> None:
    kept = here / "demo-model" / "app.py"
    kept.parent.mkdir()
    kept.write_text("mine")
    result = init("demo-model")
    assert (result.exit_code, kept.read_text()) == (2, "mine")
    assert "not an empty folder" in result.stderr
    assert [file.name for file in kept.parent.iterdir()] == ["app.py"]


def test_an_empty_folder_is_filled(here: Path) -> None:
    (here / "demo-model").mkdir()
    assert init("demo-model").exit_code == 0
    assert (here / "demo-model" / "app.py").exists()


def test_where_nothing_can_be_written_it_says_where_and_why(here: Path) -> None:
    (here / "demo-model").symlink_to(here / "nowhere" / "at-all")
    command = [sys.executable, "-m", "inferwatch", "init", "demo-model"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "inferwatch: demo-model: File exists\n"
