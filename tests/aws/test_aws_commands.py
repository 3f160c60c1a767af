"""`check --aws` and `doctor --aws` as commands: what they print, how they end, and each misfortune as one message."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from click.testing import CliRunner, Result
from deployed_model import World, account

from inferwatch.aws.resources import model_client
from inferwatch.cli import aws_checkup
from inferwatch.cli.commands import cli
from inferwatch.cli.deployment import docker
from inferwatch.errors import InferWatchError


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """A deployment on which nothing has to be waited for."""
    with account():
        made = World(tmp_path)
        made.lag_s = made.metrics_lag_s = 0.0

        def send(request: Any) -> SimpleNamespace:
            made.clock.now = time.time_ns() // 1_000_000
            return made.send(request)

        monkeypatch.setattr(model_client, "URLLib3Session", lambda timeout: SimpleNamespace(send=send))
        monkeypatch.setattr("inferwatch.aws.session.open_session", lambda declared, region: made.session)
        monkeypatch.setattr(docker, "problem", lambda spec, environ: None)
        yield made


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(cli, [str(argument) for argument in arguments])


def rows(result: Result) -> dict[str, dict[str, Any]]:
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return {row["what"]: row for row in map(json.loads, result.stdout.splitlines())}


def test_check_prints_a_line_for_each_link_and_ends_well(world: World) -> None:
    result = run("check", world.folder, "--aws", "--requests", "2")
    assert (result.exit_code, result.exception) == (0, None)
    lines = result.stdout.splitlines()
    assert [line.split()[:2] for line in lines] == [
        ["ok", what]
        for what in ("clock", "stack", "answer", "log", "report", "metrics", "alarm", "notify.slack", "notify.email")
    ]
    assert "2 x 200" in lines[2]


def test_check_sends_the_body_that_it_is_given(world: World) -> None:
    (world.folder / "body.json").write_text('{"hours": 3}')
    result = run("check", world.folder, "--aws", "--json", "--no-alarm", "--body", f"@{world.folder}/body.json")
    assert result.exit_code == 0
    assert {request.body for request in world.requests} == {b'{"hours": 3}'}
    assert "alarm" not in rows(result)
    assert rows(result)["answer"]["seconds"] >= 0


def test_check_fails_where_a_link_does(world: World) -> None:
    world.function["LogGroup"] = "/elsewhere"
    world.lag_s = 3600.0
    result = run("check", world.folder, "--aws", "--json", "--wait", "0s")
    assert result.exit_code == 1
    assert rows(result)["log"]["verdict"] == "wrong"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ((), "say --aws to check what is deployed; `inferwatch doctor` checks this machine"),
        (("--aws", "--body", "{"), "is no JSON"),
        (("--aws", "--body", "@nothing.json"), "nothing.json: No such file or directory"),
    ],
)
def test_check_refuses_what_it_does_not_understand(world: World, arguments: tuple[str, ...], says: str) -> None:
    result = run("check", world.folder, *arguments)
    assert result.exit_code == 2
    assert says in " ".join(result.stderr.split())


def test_doctor_looks_at_everything(world: World) -> None:
    world.put_health_alarm()
    world.put_metric_filters()
    world.infer(b'{"hours": 7}')
    parameter = {"Name": "/cdk-bootstrap/hnb659fds/version", "Value": "30", "Type": "String"}
    world.session.client("ssm").put_parameter(**parameter)
    found = rows(run("doctor", world.folder, "--aws", "--json"))
    assert {row["verdict"] for row in found.values()} == {"ok"}
    assert {"may read", "may check", "may deploy", "may destroy"} <= found.keys()
    assert {"cdk", "docker", "clock", "credentials", "bootstrap", "stack", "log group", "function"} <= found.keys()
    assert {"function's role", "metric filters", "metrics", "alarms", "notify.slack", "notify.email"} <= found.keys()


def test_doctor_of_a_model_that_is_not_deployed_says_what_is_in_the_way(world: World) -> None:
    world.session.client("cloudformation").delete_stack(StackName=world.names.stack)
    world.replies("chatbot.DescribeSlackWorkspaces", lambda _: {"SlackWorkspaces": []})
    result = run("doctor", world.folder, "--aws", "--json")
    found = rows(result)
    assert result.exit_code == 1
    assert found["stack"]["verdict"] == "not yet"
    assert "account 123456789012 in eu-central-1 is not bootstrapped" in found["bootstrap"]["says"]
    assert found["names"]["verdict"] == "warning"
    assert "T0123456789 is not authorised in this account" in found["notify.slack"]["says"]
    assert "metrics" not in found


def test_doctor_says_that_there_is_no_docker(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(docker, "problem", lambda spec, environ: "there is no 'docker' on this machine")
    found = rows(run("doctor", world.folder, "--aws", "--json"))
    assert found["docker"] == {"what": "docker", "verdict": "warning", "says": "there is no 'docker' on this machine"}


def test_doctor_says_that_the_extra_is_missing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(aws_checkup, "CDK_PACKAGES", ("aws_cdk", "not_a_package"))
    (found,) = aws_checkup.tools(world.spec)
    assert (found.verdict, found.says.startswith("missing: not_a_package;")) == ("warning", True)


def test_one_check_that_is_refused_does_not_stop_the_others(world: World) -> None:
    for operation in ("ssm.GetParameter", "cloudformation.DescribeStacks", "cloudwatch-logs.DescribeLogGroups"):
        world.denies(operation)
    found = rows(run("doctor", world.folder, "--aws", "--json"))
    for what, action in (("bootstrap", "ssm:GetParameter"), ("stack", "cloudformation:DescribeStacks")):
        assert found[what]["verdict"] == "wrong"
        assert action in found[what]["says"]
    assert "logs:DescribeLogGroups" in found["log group"]["says"]
    assert found["function"]["verdict"] == "ok"


def test_the_policy_is_printed_as_json(world: World) -> None:
    result = run("doctor", world.folder, "--aws", "--policy", "--region", "eu-central-1")
    assert result.exit_code == 0
    document = json.loads(result.stdout)
    assert document["Version"] == "2012-10-17"
    assert {"logs:FilterLogEvents", "sts:AssumeRole"} <= {a for one in document["Statement"] for a in one["Action"]}
    assert run("doctor", world.folder, "--policy").exit_code == 2


SLACK = '[notify.slack]\nworkspace_id = "abc"\nchannel_id = "C0123456789"\n'


@pytest.mark.parametrize(
    ("extra", "arguments", "says"),
    [
        ('[aws]\nregion = "eu-center-1"\n', (), "'eu-center-1' is no region of AWS's"),
        ("", ("--region", "eu-center-1"), "'eu-center-1' is no region of AWS's"),
        ('[aws]\naccount = "999999999999"\n', (), "the credentials are of account 123456789012"),
        (SLACK, (), "'abc' is no workspace id of Slack's"),
        ("", (), "no region is given"),
    ],
)
@pytest.mark.parametrize("command", ["check", "doctor"])
def test_each_misfortune_is_one_clear_message(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    command: str,
    extra: str,
    arguments: tuple[str, ...],
    says: str,
) -> None:
    model = '[model]\nnamespace = "/abc_corp/health"\nname = "sleep"\n'
    (tmp_path / "inferwatch.toml").write_text(model + extra)
    for name in ("AWS_DEFAULT_REGION", "AWS_REGION", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", "/dev/null")
    if "account" in extra:
        arguments = ("--region", "eu-central-1")
    with account():
        monkeypatch.delenv("AWS_DEFAULT_REGION", raising=False)
        result = run(command, tmp_path, "--aws", *arguments)
    if command == "doctor":
        assert result.exit_code == 1
        assert says in result.stdout
    else:
        assert isinstance(result.exception, InferWatchError)
        assert says in str(result.exception)
