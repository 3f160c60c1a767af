"""`inferwatch deploy`: what it looks at first, how it calls CDK, and what it says at the end."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import boto3
import fake_app
import fake_cdk
import pytest
from click.testing import CliRunner, Result
from fake_cdk import called

from inferwatch.aws.notifications import slack
from inferwatch.aws.resources import bootstrap, concurrency, function, stack
from inferwatch.cli.commands import cli
from inferwatch.cli.deployment import cdk_cli, docker, question
from inferwatch.cloudwatch.alarms import alarm_properties
from inferwatch.errors import AwsError, InferWatchError
from inferwatch.spec import load_spec

REGION = "eu-central-1"
URL = "https://abc.execute-api.eu-central-1.amazonaws.com/dev/predict"


@pytest.fixture
def calls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the stand-in for CDK's command line writes down its calls."""
    return fake_cdk.install(tmp_path, monkeypatch, fake_app.STACK, {"Url": URL, "ApiKeyId": "k1"})


@pytest.fixture(autouse=True)
def _docker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CDK_DOCKER", "true")


@pytest.fixture
def ready(session: boto3.Session, calls: Path, monkeypatch: pytest.MonkeyPatch) -> boto3.Session:
    """An account that is bootstrapped, and a stand-in for CDK."""
    monkeypatch.setattr(bootstrap, "version", lambda _: 30)
    return session


def deploy(*arguments: str | Path) -> Result:
    return CliRunner().invoke(cli, ["deploy", *map(str, arguments)])


def error(result: Result) -> str:
    assert isinstance(result.exception, InferWatchError), result.output
    return str(result.exception)


def add(model: Path, text: str) -> None:
    with (model / "inferwatch.toml").open("a") as spec:
        spec.write(text)


def test_it_deploys_and_says_where_the_model_answers(model: Path, ready: boto3.Session, calls: Path) -> None:
    result = deploy(model, "--yes")
    assert result.exit_code == 0, result.output
    ((command, *options, region),) = called(calls)
    assert (command, region) == ("deploy", REGION)
    assert options[options.index("--app") + 1] == str(model / "cdk.out")
    assert {"--all", "never"} <= set(options)
    said = dict(line.split(maxsplit=1) for line in result.stdout.splitlines() if line.startswith("  "))
    assert said["predict"] == URL
    assert f"--aws-sigv4 aws:amz:{REGION}:execute-api" in said["try"]
    assert said["dashboard"].endswith("#dashboards/dashboard/claim-Inference-Monitoring-Dashboard")
    assert said["next"] == "inferwatch check --aws"
    assert "stack test-claim: 3 resources" in result.stderr


@pytest.mark.parametrize(
    ("api", "says"),
    [
        ('type = "rest"', "x-api-key: $(aws apigateway get-api-key"),
        ('type = "http"\nauth = "none"', f"application/json' {URL}"),
        (
            'type = "http"\nauth = "jwt"\njwt_issuer = "https://login.example.com"\njwt_audience = ["claims"]',
            "authorization: Bearer $TOKEN",
        ),
    ],
)
def test_the_request_to_try_is_made_for_the_api(
    model: Path, ready: boto3.Session, calls: Path, api: str, says: str
) -> None:
    add(model, f"[api]\n{api}\n")
    assert says in deploy(model, "--yes").stdout


def test_a_model_without_an_api_is_invoked(
    model: Path, ready: boto3.Session, calls: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(model, '[api]\ntype = "none"\n')
    monkeypatch.setattr("inferwatch.aws.resources.model_client.URL", "NoOutputOfThatName")
    assert "aws lambda invoke --function-name claim-Inference --qualifier live" in deploy(model, "--yes").stdout


def test_everything_that_is_missing_is_said_at_once_and_nothing_is_made(
    model: Path, session: boto3.Session, calls: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CDK_DOCKER", "false")
    session.client("logs").create_log_group(logGroupName="/test/claim")
    says = error(deploy(model, "--yes"))
    nothing, *problems = says.splitlines()
    assert nothing == "nothing was made."
    assert [what in problem for what, problem in zip(("'false'", "bootstrapped", "/test/claim"), problems, strict=True)]
    assert 'package = "zip"' in problems[0]
    assert called(calls) == []
    assert not (model / "told.json").exists()


def test_a_zip_needs_no_docker(model: Path, ready: boto3.Session, calls: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CDK_DOCKER", "false")
    add(model, '[function]\npackage = "zip"\n')
    assert deploy(model, "--yes").exit_code == 0


@pytest.mark.parametrize(
    ("program", "says"),
    [("true", None), ("false", "cannot reach its engine"), ("no-such-program", "there is no 'no-such-program'")],
)
def test_docker_is_asked_whether_it_can_build(model: Path, program: str, says: str | None) -> None:
    problem = docker.problem(load_spec(model, environ={}), {"CDK_DOCKER": program, "PATH": "/usr/bin:/bin"})
    assert (problem is None) == (says is None)
    assert says is None or says in (problem or "")


def test_a_bootstrap_that_is_asked_for_comes_first(model: Path, session: boto3.Session, calls: Path) -> None:
    assert deploy(model, "--yes", "--bootstrap").exit_code == 0
    bootstrapping, deploying = called(calls)
    assert bootstrapping[:2] == ["bootstrap", "aws://123456789012/eu-central-1"]
    assert deploying[0] == "deploy"


def test_a_bootstrap_that_is_there_is_left_alone(model: Path, ready: boto3.Session, calls: Path) -> None:
    assert "bootstrapped already" in deploy(model, "--yes", "--bootstrap").stderr
    assert [command for command, *_ in called(calls)] == ["deploy"]


def test_without_a_terminal_it_asks_for_yes(model: Path, ready: boto3.Session, calls: Path) -> None:
    assert "say --yes" in error(deploy(model))
    assert called(calls) == []


def test_a_person_may_say_no(model: Path, ready: boto3.Session, calls: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(question, "interactive", lambda: True)
    result = CliRunner().invoke(cli, ["deploy", str(model)], input="n\n")
    assert result.exit_code == 1
    assert "Deploy to account 123456789012, region eu-central-1? [y/N]" in result.output
    assert called(calls) == []


def test_a_deployment_that_fails_says_in_which_state_the_stack_is(
    model: Path, ready: boto3.Session, calls: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CDK_FAILS", "deploy")
    assert "the deployment failed; there is no stack test-claim" in error(deploy(model, "--yes"))


def test_who_ends_it_hears_that_aws_goes_on(model: Path, ready: boto3.Session, monkeypatch: pytest.MonkeyPatch) -> None:
    def ended(arguments: list[str], *_: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(cdk_cli, "fetch", lambda _: None)
    monkeypatch.setattr(cdk_cli, "run", ended)
    result = deploy(model, "--yes")
    assert result.exit_code == 1
    assert "What CloudFormation has begun goes on: `inferwatch doctor --aws` says how the stack is." in result.stderr


def test_a_bootstrap_that_fails_ends_it(
    model: Path, session: boto3.Session, calls: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CDK_FAILS", "bootstrap")
    assert "could not be bootstrapped" in error(deploy(model, "--yes", "--bootstrap"))
    assert [command for command, *_ in called(calls)] == ["bootstrap"]


def test_the_npm_registry_out_of_reach_is_said(
    model: Path, ready: boto3.Session, calls: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    says = "import sys; sys.exit('npm error code ECONNREFUSED\\nnpm error syscall connect')"
    monkeypatch.setattr(cdk_cli, "_npx", lambda: [sys.executable, "-c", says])
    assert "could not be fetched: code ECONNREFUSED syscall connect" in error(deploy(model, "--yes"))


def test_the_command_line_of_cdk_is_npm_s_own_run_by_the_bundled_node() -> None:
    node, npx, *options = cdk_cli._npx()
    assert Path(node).exists()
    assert Path(npx).name == "npx-cli.js"
    assert Path(npx).exists()
    assert options == ["--yes", cdk_cli.PACKAGE]


def test_a_function_of_that_name_that_is_another_s_is_said(
    model: Path, ready: boto3.Session, calls: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("inferwatch.aws.resources.function.find", lambda *_: object())
    assert "another model of this name has it" in error(deploy(model, "--yes"))


def in_use(monkeypatch: pytest.MonkeyPatch) -> None:
    """The stack has its function."""
    held = (stack.Resource("Function", "claim-Inference", "AWS::Lambda::Function", "CREATE_COMPLETE", ""),)
    monkeypatch.setattr(stack, "resources", lambda *_: held)


@pytest.mark.parametrize(("deployed", "stops"), [("zip", True), ("image", False)])
def test_an_image_cannot_take_the_place_of_a_zip(
    model: Path, ready: boto3.Session, calls: Path, monkeypatch: pytest.MonkeyPatch, deployed: str, stops: bool
) -> None:
    in_use(monkeypatch)
    found = function.Function("claim-Inference", deployed, "arn:role", "/test/claim", "JSON", {})
    monkeypatch.setattr(function, "find", lambda *_: found)
    result = deploy(model, "--yes")
    assert (called(calls) == []) == stops
    if stops:
        assert "deployed as zip, and Lambda cannot make it one of package 'image'" in error(result)


@pytest.mark.parametrize(("rollout", "warns"), [("Canary10Percent5Minutes", True), ("AllAtOnce", False)])
def test_an_alarm_that_is_on_would_turn_a_rollout_back(
    model: Path, ready: boto3.Session, calls: Path, rollout: str, warns: bool
) -> None:
    add(model, f'[function]\nrollout = "{rollout}"\n')
    spec = load_spec(model)
    cloudwatch, name = ready.client("cloudwatch"), "claim-Inference-Error-Alarm"
    for alarm in spec.alarms:
        cloudwatch.put_metric_alarm(**alarm_properties(spec, alarm))
    cloudwatch.set_alarm_state(AlarmName=name, StateValue="ALARM", StateReason="errors")
    result = deploy(model, "--yes")
    assert result.exit_code == 0, result.output
    assert (f"warning: rollout: {name} in ALARM" in result.stderr) == warns


def test_concurrency_that_the_account_has_not_is_said(
    model: Path, ready: boto3.Session, calls: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(concurrency, "problem", lambda _, name, wanted: f"{name} wants {wanted.reserved_concurrency}")
    add(model, "[function]\nreserved_concurrency = 5\n")
    assert "claim-Inference wants 5" in error(deploy(model, "--yes"))


@pytest.mark.parametrize(
    ("status", "says"),
    [
        ("UPDATE_IN_PROGRESS", "another deployment is at work"),
        ("UPDATE_ROLLBACK_FAILED", "continue-update-rollback --stack-name test-claim"),
        ("DELETE_FAILED", "`inferwatch destroy` says why"),
    ],
)
def test_a_stack_in_a_state_that_cannot_be_changed_is_said(
    model: Path, ready: boto3.Session, calls: Path, monkeypatch: pytest.MonkeyPatch, status: str, says: str
) -> None:
    found = stack.Stack("arn:stack", fake_app.STACK, status, "", {}, protected=False)
    monkeypatch.setattr(stack, "find", lambda *_: found)
    assert says in error(deploy(model, "--yes"))


def test_what_is_going_to_change_is_shown_before_it_asks(
    model: Path, ready: boto3.Session, calls: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = stack.Stack("arn:stack", fake_app.STACK, "UPDATE_COMPLETE", "", {}, protected=False)
    monkeypatch.setattr(stack, "find", lambda *_: found)
    asked = deploy(model)
    assert "Deploy to" in error(asked)
    assert f"What is going to change in {fake_app.STACK}:" in asked.stderr
    ((command, *arguments, _region),) = called(calls)
    assert command == "diff"
    assert arguments[:2] == ["--app", str((model / "cdk.out").resolve())]

    monkeypatch.setenv("CDK_FAILS", "diff")
    done = deploy(model, "--yes")
    assert done.exit_code == 0, "a difference that cannot be shown stops nothing"
    assert "warning: that cannot be shown" in done.stderr


def test_a_stack_of_a_model_whose_name_comes_to_the_same_is_left_alone(
    model: Path, ready: boto3.Session, calls: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tags = {"inferwatch:node": "/a/claim_x", "inferwatch:model": "doc", "inferwatch:environment": "dev"}
    found = stack.Stack("arn:stack", fake_app.STACK, "UPDATE_COMPLETE", "", {}, protected=False, tags=tags)
    monkeypatch.setattr(stack, "find", lambda *_: found)
    assert f"the stack {fake_app.STACK} is that of doc of /a/claim_x, whose name" in error(deploy(model, "--yes"))
    gone = CliRunner().invoke(cli, ["destroy", str(model), "--yes"])
    assert error(gone).startswith(f"nothing was removed: the stack {fake_app.STACK} is that of doc of /a/claim_x")


def test_a_stack_that_was_only_announced_is_none(
    model: Path, ready: boto3.Session, calls: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A deployment that failed before it made anything leaves one, and the next one goes on with it."""
    found = stack.Stack("arn:stack", fake_app.STACK, "REVIEW_IN_PROGRESS", "", {}, protected=False)
    monkeypatch.setattr(stack, "find", lambda *_: found)
    assert deploy(model, "--yes").exit_code == 0


def test_log_groups_that_are_there_are_used_when_that_is_said(model: Path, ready: boto3.Session, calls: Path) -> None:
    ready.client("logs").create_log_group(logGroupName="/test/claim")
    assert "--existing-log-group" in error(deploy(model, "--yes"))
    assert deploy(model, "--yes", "--existing-log-group").exit_code == 0
    assert existing(model) == ["/test/claim"]


def test_a_stack_that_was_made_so_stays_so(
    model: Path, ready: boto3.Session, calls: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever changes it need not say it again."""
    ready.client("logs").create_log_group(logGroupName="/test/claim/access")
    in_use(monkeypatch)
    assert deploy(model, "--yes").exit_code == 0
    assert existing(model) == ["/test/claim/access"]


def existing(model: Path) -> list[str]:
    """The log groups that the app was told not to make."""
    context = json.loads(json.loads((model / "told.json").read_text())["CDK_CONTEXT_JSON"])
    found: list[str] = context["inferwatch:existing-log-groups"]
    return found


SLACK = '[notify.slack]\nworkspace_id = "T0123456789"\nchannel_id = "C0123456789"\n'


def test_slack_is_asked_for_the_workspace_and_the_channel(
    model: Path, ready: boto3.Session, calls: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[Any, ...]] = []
    monkeypatch.setattr(slack, "workspace_problem", lambda _, id: asked.append((id,)))
    monkeypatch.setattr(slack, "channel_problem", lambda _, id, topic: asked.append((id, topic)) or "it is taken")
    add(model, SLACK)
    assert error(deploy(model, "--yes")) == "nothing was made.\n- it is taken"
    topic = f"arn:aws:sns:{REGION}:123456789012:claim-Inference-Alarms"
    assert asked == [("T0123456789",), ("C0123456789", topic)]


def test_what_the_caller_may_not_look_at_does_not_stop_it(
    model: Path, ready: boto3.Session, calls: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever deploys may need no more than CDK's own roles."""

    def denied(*_: object) -> None:
        raise AwsError("DescribeSlackWorkspaces is not allowed", code="AccessDeniedException")

    monkeypatch.setattr(slack, "workspace_problem", denied)
    monkeypatch.setattr(slack, "channel_problem", denied)
    monkeypatch.setattr("inferwatch.aws.resources.log_group.find", denied)
    add(model, SLACK)
    result = deploy(model, "--yes")
    assert result.exit_code == 0
    assert "warning: notify.slack: could not be looked at: DescribeSlackWorkspaces is not allowed" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "spec", "says"),
    [
        (["--region", "eu-centrel-1"], "", "'eu-centrel-1' is no region of AWS's"),
        (["--region", "us-east-1"], '[aws]\nregion = "eu-west-1"\n', "the spec's aws.region is eu-west-1"),
        ([], '[aws]\naccount = "999999999999"\n', "the credentials are of account 123456789012"),
        ([], "[logs]\nretention_days = 2\n", "logs.retention_days"),
    ],
)
def test_a_wrong_region_account_or_spec_is_one_message(
    model: Path, ready: boto3.Session, calls: Path, arguments: list[str], spec: str, says: str
) -> None:
    add(model, spec)
    assert says in error(deploy(model, "--yes", *arguments))
    assert called(calls) == []


def test_absent_credentials_are_one_message(model: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    assert "there are no AWS credentials" in error(deploy(model, "--yes", "--region", REGION))
