"""The project that `inferwatch init` makes, on its way to AWS: its own `make synth`, and what that gives."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from unpacked_cdk import UNPACKED

from inferwatch.cdk.package import image
from inferwatch.cli.commands import cli
from inferwatch.cli.init import make_project
from inferwatch.spec import load_spec, model_files

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "sleep_advice"
REGION = "eu-central-1"

pytestmark = pytest.mark.xdist_group("synth")


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project whose own `make synth` has run, where PATH has the system's programs alone."""
    folder = tmp_path_factory.mktemp("init") / "demo-model"
    make_project(folder, "demo-model", "/abc_corp/claim")
    environ = {"PATH": "/usr/bin:/bin", "HOME": str(folder.parent), **UNPACKED}
    done = subprocess.run(["make", "synth"], cwd=folder, env=environ, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return folder


def template(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "abc-corp-claim-demo-model.template.json").read_text())
    return found


def test_the_template_makes_a_function_with_all_that_watches_it(project: Path) -> None:
    kinds = {resource["Type"] for resource in template(project / "cdk.out")["Resources"].values()}
    assert kinds >= {
        "AWS::Lambda::Function",
        "AWS::ApiGatewayV2::Api",
        "AWS::Logs::LogGroup",
        "AWS::CloudWatch::Alarm",
        "AWS::CloudWatch::Dashboard",
        "AWS::SNS::Topic",
    }


def test_cfn_lint_has_nothing_to_say(project: Path) -> None:
    from cfnlint import api

    assert api.lint(json.dumps(template(project / "cdk.out")), regions=[REGION]) == []


def test_cdk_nag_finds_nothing_that_is_not_acknowledged(project: Path, tmp_path: Path) -> None:
    from aws_cdk import Validations
    from cdk_nag import AwsSolutionsChecks

    from inferwatch.cdk import model_app

    app = model_app(project, outdir=tmp_path / "cdk.out")
    Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    app.synth()  # raises where something is found
    report = json.loads((tmp_path / "cdk.out" / "validation-report.json").read_text())
    assert [found for plugin in report["pluginReports"] for found in plugin["violations"]] == []


def test_the_project_s_app_is_the_default_one(project: Path, tmp_path: Path) -> None:
    """Without it, the same templates are made from the spec."""
    plain = tmp_path / "plain"
    plain.mkdir()
    for name in ("inferwatch.toml", "app.py", "model.ubj", "requirements.txt", "Dockerfile", ".dockerignore"):
        (plain / name).write_bytes((project / name).read_bytes())
    result = CliRunner().invoke(cli, ["synth", str(plain)])
    assert result.exit_code == 0, result.exception
    assert template(plain / "cdk.out") == template(project / "cdk.out")


def test_the_image_holds_what_the_function_needs_and_no_more(project: Path) -> None:
    (context,) = (project / "cdk.out").glob("asset.*")
    assert (context / "Dockerfile").read_bytes() == (project / "Dockerfile").read_bytes()
    assert sorted(model_files.files(project)) == ["app.py", "inferwatch.toml", "model.ubj"]


def test_its_dockerfile_is_the_one_that_would_be_made_without_it() -> None:
    commands = "".join(_after_the_header((EXAMPLE / "Dockerfile").read_text()))
    assert commands == image.dockerfile(load_spec(EXAMPLE, environ={}).function, has_requirements=True)


def _after_the_header(text: str) -> Iterator[str]:
    lines = text.splitlines(keepends=True)
    first = next(number for number, line in enumerate(lines) if not line.startswith("#"))
    yield from lines[first:]
