"""`inferwatch init` with the parts that a model may have: tables of the spec, files, and what a person is asked."""

from __future__ import annotations

import ast
import re
import tomllib
from pathlib import Path
from typing import Any

import click
import msgspec
import pytest
from click.testing import CliRunner, Result

from inferwatch.cli import init as init_command
from inferwatch.cli.commands import cli
from inferwatch.cli.project import parts
from inferwatch.cli.project.parts import PARTS, Parts
from inferwatch.cloudwatch import limits
from inferwatch.spec import load_spec
from inferwatch.spec.history import HistorySpec
from inferwatch.spec.lake import LakeSpec
from inferwatch.spec.pipeline import PipelineSpec
from inferwatch.spec.queue import QueueSpec
from inferwatch.spec.sagemaker import SageMakerSpec

SNIPPETS = Path(parts.__file__).parent
SPECS = {
    "queue": QueueSpec,
    "sagemaker": SageMakerSpec,
    "history": HistorySpec,
    "lake": LakeSpec,
    "pipeline": PipelineSpec,
}
EVERY_PART = [f"--{part}" for part in PARTS]
ITS_OWN = {"pipeline": {"source", "repository", "approve"}}
"""Keys that have no default, or another one."""


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def init(*arguments: str, answers: str = "") -> Result:
    return CliRunner().invoke(cli, ["init", "demo-model", *arguments], input=answers)


def document(folder: Path) -> dict[str, Any]:
    return tomllib.loads((folder / "demo-model" / "inferwatch.toml").read_text())


@pytest.mark.parametrize("part", PARTS)
def test_a_part_is_its_table_and_no_other(here: Path, part: str) -> None:
    assert init(f"--{part}").exit_code == 0
    spec = load_spec(here / "demo-model", environ={})
    assert [name for name in PARTS if getattr(spec, name) is not None] == [part]
    assert document(here)[part].keys() <= set(SPECS[part].__struct_fields__)


@pytest.mark.parametrize("part", PARTS)
def test_what_a_table_says_are_the_defaults(part: str) -> None:
    (table,) = tomllib.loads((SNIPPETS / f"{part}.toml").read_text()).items()
    assert table[0] == part
    said = {key: value for key, value in table[1].items() if key not in ITS_OWN.get(part, ())}
    plain = {"repository": "any"} if part == "pipeline" else {}
    defaults = msgspec.to_builtins(SPECS[part](**plain))
    assert said == {key: defaults[key] for key in said}


@pytest.mark.parametrize("part", PARTS)
def test_what_a_table_comments_out_may_stand_there(part: str) -> None:
    lines = (SNIPPETS / f"{part}.toml").read_text().splitlines()
    offered = [line.removeprefix("# ") for line in lines if line.startswith("# ")]
    for line in offered:
        (key,) = tomllib.loads(line)
        assert key in SPECS[part].__struct_fields__


def test_a_project_with_every_part_could_be_deployed_in_each_environment(here: Path) -> None:
    assert init("--namespace", "/abc_corp/claim", "--api", "rest", *EVERY_PART).exit_code == 0
    groups = set()
    for environment in ("dev", "prod"):
        spec = load_spec(here / "demo-model", environment)
        limits.check(spec)
        assert all(getattr(spec, part) is not None for part in PARTS)
        assert spec.api.type == "rest"
        groups.add(spec.identity.log_group)
    assert groups == {"/dev/abc_corp/claim/demo-model", "/abc_corp/claim/demo-model"}


def test_the_pipeline_has_a_repository_of_the_model_s_name_an_approval_and_an_app(here: Path) -> None:
    assert init("--pipeline").exit_code == 0
    pipeline = load_spec(here / "demo-model", "dev").pipeline
    assert pipeline is not None
    assert (pipeline.repository, pipeline.source, pipeline.approve) == ("demo-model", "codecommit", ("prod",))
    app = ast.parse((here / "demo-model" / "pipeline_app.py").read_text())
    called = {node.func.id for node in ast.walk(app) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)}
    assert called == {"pipeline_app", "Path"}
    assert "`pipeline_app.py`" in (here / "demo-model" / "README.md").read_text()


@pytest.mark.parametrize(("part", "extras"), [("queue", "aws,cdk,local,queue"), ("history", "aws,cdk,local")])
def test_a_queue_needs_an_extra_of_its_own(here: Path, part: str, extras: str) -> None:
    assert init(f"--{part}").exit_code == 0
    assert f"inferwatch[{extras}]>=" in (here / "demo-model" / "requirements-dev.txt").read_text()
    for file in ("README.md", "Makefile"):
        (advised,) = re.findall(r"to/it\[([a-z,]+)\]", (here / "demo-model" / file).read_text())
        assert sorted(advised.split(",")) == extras.split(",")


def test_without_a_pipeline_there_is_no_file_of_one(here: Path) -> None:
    assert init("--queue").exit_code == 0
    assert not (here / "demo-model" / "pipeline_app.py").exists()


@pytest.mark.parametrize("api", ["http", "rest", "none"])
def test_the_api_is_of_the_kind_that_is_wanted(here: Path, api: str) -> None:
    assert init("--api", api).exit_code == 0
    assert load_spec(here / "demo-model", environ={}).api.type == api


def test_it_says_what_comes_next_with_a_part(here: Path) -> None:
    assert "inferwatch send" in init("--queue").stderr


def test_it_says_where_the_logs_of_its_first_environment_go(here: Path) -> None:
    said = init("--pipeline", "--namespace", "/abc_corp/claim").stderr
    assert f"the log group {load_spec(here / 'demo-model', 'dev').identity.log_group}." in said
    assert "/dev/abc_corp/claim/demo-model" in said


@pytest.mark.parametrize("part", PARTS)
def test_the_readme_says_what_its_parts_are_and_of_no_other(here: Path, part: str) -> None:
    assert init(f"--{part}").exit_code == 0
    _, _, about = (here / "demo-model" / "README.md").read_text().partition("## Parts\n")
    told = [line for line in about.partition("## Slack")[0].splitlines() if line.startswith("- **")]
    assert len(told) == 1
    assert ("endpoint" if part == "sagemaker" else part) in told[0].lower()


def test_the_readme_of_an_api_alone_has_no_parts(here: Path) -> None:
    assert init().exit_code == 0
    assert "## Parts" not in (here / "demo-model" / "README.md").read_text()


def test_who_gives_no_option_at_a_terminal_is_asked(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(init_command, "interactive", lambda: True)
    result = init(answers="none\ny\nn\ny\n\n\n")
    assert result.exit_code == 0, result.output
    spec = load_spec(here / "demo-model", environ={})
    assert spec.api.type == "none"
    assert [part for part in PARTS if getattr(spec, part) is not None] == ["queue", "history"]
    for question in PARTS.values():
        assert question in result.stderr


@pytest.mark.parametrize("given", [["--yes"], ["--queue"], ["--api", "http"]])
def test_who_gives_one_is_not(here: Path, monkeypatch: pytest.MonkeyPatch, given: list[str]) -> None:
    def asked(*_: Any, **__: Any) -> None:
        raise AssertionError("nobody is to be asked")

    monkeypatch.setattr(init_command, "interactive", lambda: True)
    monkeypatch.setattr(click, "prompt", asked)
    monkeypatch.setattr(click, "confirm", asked)
    assert init(*given).exit_code == 0


def test_where_nobody_can_be_asked_it_has_an_api_alone(here: Path) -> None:
    assert init().exit_code == 0
    spec = load_spec(here / "demo-model", environ={})
    assert all(getattr(spec, part) is None for part in PARTS)
    assert spec.api.type == "http"


def test_the_example_that_has_lost_its_place_for_tables_is_found_out() -> None:
    with pytest.raises(AssertionError, match="no such place"):
        parts.spec_with(Parts(queue=True), "[model]\n")
