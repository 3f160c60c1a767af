"""`inferwatch synth`: it runs the model's CDK app, and says what the templates would make."""

from __future__ import annotations

import json
import os
import stat
import sys
from pathlib import Path
from typing import Any

import fake_app
import pytest
from click.testing import CliRunner, Result

from inferwatch.cli.commands import cli
from inferwatch.cli.deployment import assembly, synthesis
from inferwatch.cli.deployment.synthesis import Target
from inferwatch.errors import DeployError, InferWatchError
from inferwatch.spec import load_spec


@pytest.fixture
def model(tmp_path: Path) -> Path:
    return fake_app.write(tmp_path / "model")


def synth(*arguments: str | Path) -> Result:
    return CliRunner().invoke(cli, ["synth", *map(str, arguments)])


def error(result: Result) -> str:
    """What `inferwatch` would say, and end with exit code 1."""
    assert isinstance(result.exception, InferWatchError)
    return str(result.exception)


def told(model: Path) -> dict[str, str]:
    found: dict[str, str] = json.loads((model / "told.json").read_text())
    return found


def synthesize(model: Path, target: Target | None = None, **options: Any) -> tuple[assembly.StackTemplate, ...]:
    spec = load_spec(model, environ={})
    return synthesis.synthesize(spec, model / "cdk.out", target or Target(), {"PATH": "/usr/bin:/bin"}, **options)


def test_it_says_what_would_be_made_by_kind_and_name(model: Path) -> None:
    result = synth(model)
    assert result.exit_code == 0, result.stderr
    rows = [line.split() for line in result.stdout.splitlines()[1:]]
    assert rows == [
        ["CloudWatch::Alarm", "1", "claim-High-Latency-Alarm"],
        ["IAM::Role", "1"],
        ["Lambda::Function", "1", "claim-Inference"],
    ]
    assert "stack test-claim: 3 resources, 1 image, 1 file to upload" in result.stderr


def test_what_the_app_remarks_is_said_without_its_id(model: Path) -> None:
    assert "warning: notify.slack: nobody hears it\n" in synth(model).stderr


def test_a_query_that_is_no_saved_query_of_cloudwatch_s_is_named(model: Path) -> None:
    with (model / "inferwatch.toml").open("a") as spec:
        spec.write('\n[[query]]\nname = "Ten"\nby = ["10m"]\n[[query]]\nname = "Slow"\nwhere = "elapse >= 3000"\n')
    said = synth(model).stderr
    assert "warning: the query 'Ten' is no saved query of CloudWatch's: buckets of 10m" in said
    assert "'Slow'" not in said


def test_a_query_that_cannot_be_read_is_an_error_before_the_app_runs(model: Path) -> None:
    with (model / "inferwatch.toml").open("a") as spec:
        spec.write('\n[[query]]\nname = "Slow"\nwhere = "elapse >="\n')
    assert "query[Slow].where" in error(synth(model))
    assert not (model / "told.json").exists()


def test_the_app_runs_by_this_python_and_hears_what_cdk_would_tell_it(model: Path) -> None:
    (model / "cdk.json").write_text('{"app": "python3 cdk_app.py", "context": {"mine": "yes"}}')
    synthesize(model, Target("123456789012", "eu-central-1"), existing_log_groups=["/test/claim"])
    heard = told(model)
    assert Path(heard["python"]).parent == Path(sys.executable).parent
    assert json.loads(heard["CDK_CONTEXT_JSON"]) == {"mine": "yes", "inferwatch:existing-log-groups": ["/test/claim"]}
    assert (heard["CDK_DEFAULT_ACCOUNT"], heard["CDK_DEFAULT_REGION"]) == ("123456789012", "eu-central-1")
    assert heard["INFERWATCH_ENVIRONMENT"] == "dev"
    assert "node" in heard["JSII_NODE"]


def test_a_node_of_the_user_s_own_is_left_alone(model: Path) -> None:
    environ = {"PATH": "/usr/bin:/bin", "JSII_NODE": "/opt/node"}
    synthesis.synthesize(load_spec(model, environ={}), model / "cdk.out", Target(), environ)
    assert told(model)["JSII_NODE"] == "/opt/node"


def test_the_environment_is_the_one_that_was_asked_for(model: Path) -> None:
    with (model / "inferwatch.toml").open("a") as spec:
        spec.write("[environment.dev]\n[environment.prod]\n")
    assert synth(model, "--environment", "prod").exit_code == 0
    assert told(model)["INFERWATCH_ENVIRONMENT"] == "prod"


def test_a_function_can_read_what_the_app_stages_whatever_the_umask(model: Path) -> None:
    before = os.umask(0o077)
    try:
        synth(model)
    finally:
        os.umask(before)
    assert stat.S_IMODE((model / "cdk.out").stat().st_mode) == 0o755


def test_an_earlier_assembly_is_replaced(model: Path) -> None:
    synthesize(model)
    (model / "cdk.out" / "of-before").touch()
    synthesize(model)
    assert not (model / "cdk.out" / "of-before").exists()


def test_what_an_app_left_that_did_not_end_is_replaced(model: Path) -> None:
    app = (model / "cdk_app.py").read_text()
    begun = "import os, pathlib\npathlib.Path(os.environ['CDK_OUTDIR'], 'asset.' + 'a0' * 32).mkdir(parents=True)\n"
    (model / "cdk_app.py").write_text(f"{begun}raise SystemExit('no')\n")
    assert "failed" in error(synth(model))
    (model / "cdk_app.py").write_text(app)
    assert synth(model).exit_code == 0
    assert not any((model / "cdk.out").glob("asset.*"))


def test_a_folder_that_is_not_cdk_s_is_left_alone(model: Path, tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "thesis.txt").write_text("years of work")
    result = synth(model, "--output", mine)
    assert "would be lost: move it away" in error(result)
    assert (mine / "thesis.txt").read_text() == "years of work"


def test_a_place_that_cannot_be_written_is_said_before_the_app_runs(model: Path, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    says = error(synth(model, "--output", tmp_path / "file" / "cdk.out"))
    assert says.startswith(f"the templates cannot be written to {tmp_path / 'file' / 'cdk.out'} (Not a directory)")
    assert not (model / "told.json").exists()


def test_an_error_of_ours_within_the_app_is_one_message(model: Path) -> None:
    (model / "cdk_app.py").write_text(
        "from inferwatch.errors import DeployError\nraise DeployError('the zip is too large:\\nby 3 MB')\n"
    )
    assert error(synth(model)) == "the zip is too large:\nby 3 MB"


def test_another_error_within_the_app_shows_its_last_lines(model: Path) -> None:
    (model / "cdk_app.py").write_text("raise RuntimeError('jsii: no such construct')\n")
    says = error(synth(model))
    assert says.startswith(f"the CDK app in {model} failed:\n")
    assert says.endswith("RuntimeError: jsii: no such construct")


def test_an_app_that_makes_no_stack_is_said(model: Path) -> None:
    app = (model / "cdk_app.py").read_text()
    (model / "cdk_app.py").write_text(app.replace('"aws:cloudformation:stack"', '"cdk:tree"'))
    with pytest.raises(DeployError, match="holds no stack"):
        synthesize(model)


def test_a_cdk_json_that_is_not_json_is_said(model: Path) -> None:
    (model / "cdk.json").write_text("{")
    with pytest.raises(DeployError, match=r"cdk\.json: is not valid JSON"):
        synthesize(model)


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("[functoin]\nmemory = 1", "did you mean 'function'?"),
        ("[logs]\nretention_days = 2", "logs.retention_days"),
        ('[[alarm]]\nname = "High-Latency-Alarm"\nperiod = 61', "period"),
        ('[[alarm]]\nname = "High-Latency-Alarm"\ndescription = "' + "d" * 1100 + '"', "description"),
    ],
)
def test_a_fault_of_the_spec_is_said_before_the_app_runs(model: Path, line: str, says: str) -> None:
    with (model / "inferwatch.toml").open("a") as spec:
        spec.write(line)
    assert says in error(synth(model))
    assert not (model / "told.json").exists()
