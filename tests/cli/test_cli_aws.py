"""The reading commands over AWS: in this process over an account in memory, and as processes over moto's server."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3
import httpx
import insights_model
import pytest
from aws_world import REGION, Cloud, account, answering, refused
from click.testing import CliRunner, Result
from moto.logs.models import LogQuery
from moto.server import ThreadedMotoServer

from inferwatch.cli.commands import cli
from inferwatch.cloudwatch.alarms import alarm_properties
from inferwatch.errors import AwsError, QueryError
from inferwatch.sdk import Monitor
from inferwatch.spec import load_spec

NOW = time.time_ns() // 1_000_000
SPEC = '[model]\nnamespace = "/test"\nname = "claim"\nconfidence_scale = 1\n\n[environment.prod]\n[environment.dev]\n'
AWS = ("--aws", "--region", REGION)


@pytest.fixture
def model(tmp_path: Path) -> Path:
    (tmp_path / "inferwatch.toml").write_text(SPEC)
    return tmp_path


@pytest.fixture
def cloud(model: Path) -> Iterator[Cloud]:
    """Two records, a line of text, and three alarms."""
    with account():
        made = Cloud(load_spec(model, "prod"))
        fill(made)
        yield made


def fill(cloud: Cloud) -> None:
    lines: list[bytes] = []
    spec = cloud.site.spec
    monitor = Monitor(spec.compile(), lines.append)
    monitor.record(elapse=12.5, prediction="car", confidence=0.9, start_ms=NOW - 62_000)
    error = {"type": "ValueError", "message": "no pages"}
    monitor.record(elapse=3.5, status="failed", error=error, start_ms=NOW - 61_000)
    cloud.put([*lines, b"loading weights\n"])
    cloudwatch = cloud.site.session.client("cloudwatch")
    for alarm in spec.alarms:
        cloudwatch.put_metric_alarm(**alarm_properties(spec, alarm))
        name = cloud.site.names.alarm(alarm.name)
        cloudwatch.set_alarm_state(AlarmName=name, StateValue="OK", StateReason="well")


def run(model: Path, *arguments: str) -> Result:
    given = [*arguments, *AWS, "--spec", str(model), "--environment", "prod"]
    return CliRunner().invoke(cli, given, catch_exceptions=False)


def rows(result: Result) -> list[dict[str, Any]]:
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_tail_prints_what_the_log_group_holds(model: Path, cloud: Cloud) -> None:
    first, failed, text = run(model, "tail").stdout.splitlines()
    assert "succeeded" in first
    assert "prediction car" in first
    assert "ValueError: no pages" in failed
    assert re.match(r"20\d\d-\d\d-\d\dT[\d:.]+Z  text       loading weights", text)
    told = rows(run(model, "tail", "-n", "2", "--json"))
    assert told[0]["status"] == "failed"
    assert told[1] == {"stream": "2026/11/21/fn[1]abc", "text": "loading weights"}


def test_alarms_list_says_by_its_exit_code_that_one_is_in_alarm(model: Path, cloud: Cloud) -> None:
    assert run(model, "alarms", "list").exit_code == 0
    boto3.client("cloudwatch", REGION).set_alarm_state(
        AlarmName="claim-prod-High-Latency-Alarm", StateValue="ALARM", StateReason="too slow"
    )
    result = run(model, "alarms", "list", "--json")
    assert result.exit_code == 3
    told = {row["alarm"]: row for row in rows(result)}
    assert set(told) == {"High-Latency-Alarm", "Inference-Error-Alarm", "Low-Probability-Alarm"}
    slow = told["High-Latency-Alarm"]
    assert (slow["state"], slow["reason"], slow["log_group"]) == ("ALARM", "too slow", "/test/claim")
    assert slow["environment"] == "prod"


def test_alarms_of_a_model_that_is_not_deployed(model: Path) -> None:
    with account():
        result = run(model, "alarms", "list")
    assert (result.exit_code, result.stdout) == (0, "")
    assert "no alarm of this model is on AWS" in result.stderr


def test_alarms_history(model: Path, cloud: Cloud) -> None:
    item = {
        "Timestamp": datetime.fromtimestamp(NOW / 1000, UTC),
        "HistoryItemType": "StateUpdate",
        "HistorySummary": "Alarm updated from OK to ALARM",
    }

    def reply(asked: dict[str, Any]) -> dict[str, Any]:
        return {"AlarmHistoryItems": [item] if asked["AlarmName"].endswith("-prod-High-Latency-Alarm") else []}

    with answering(DescribeAlarmHistory=reply):
        (row,) = rows(run(model, "alarms", "history", "--json"))
        assert (row["alarm"], row["previous"], row["state"]) == ("High-Latency-Alarm", "OK", "ALARM")
        assert run(model, "alarms", "history", "Inference-Error-Alarm", "--json").stdout == ""
        with pytest.raises(QueryError, match="did you mean 'High-Latency-Alarm'"):
            run(model, "alarms", "history", "High-Latency")


def test_metrics_lists_them_and_prints_the_datapoints_of_one(model: Path, cloud: Cloud) -> None:
    cloud.count("AWS/Lambda", "Throttles", {"FunctionName": "claim-prod-Inference"}, NOW - 61_000, 2)
    cloud.count("AWS/Lambda", "Throttles", {"FunctionName": "claim-prod-Inference", "Resource": "x"}, NOW, 2)
    cloud.count("test/claim/prod", "MaxMemoryUsedMB", {}, NOW - 61_000, 80)
    cloud.count("test", "LatencyMs", {"model_name": "claim", "environment": "dev"}, NOW - 61_000, 999)
    told = {(row["metric"], row["unit"]): row for row in rows(run(model, "metrics", "--json"))}
    assert {("LatencyMs", "Milliseconds"), ("Throttles", "Count"), ("MaxMemoryUsedMB", "Megabytes")} < set(told)
    assert told[("LatencyMs", "Milliseconds")]["dimensions"] == {"model_name": "claim", "environment": "prod"}
    assert told[("Throttles", "Count")]["dimensions"] == {"FunctionName": "claim-prod-Inference"}
    for metric, value in (("LatencyMs", 12.5), ("Throttles", 2), ("MaxMemoryUsedMB", 80)):
        found = rows(run(model, "metrics", metric, "--statistic", "Maximum", "--period", "3600", "--json"))
        assert max(row["value"] for row in found) == value
    with pytest.raises(
        QueryError, match=f"CloudWatch in account 123456789012, region {REGION} has no metric 'Latency'"
    ):
        run(model, "metrics", "Latency")


@pytest.mark.parametrize("command", [["tail"], ["alarms", "list"], ["alarms", "history"], ["metrics"]])
def test_options_of_aws_go_with_aws(command: list[str]) -> None:
    for option in (["--region", REGION], ["--spec", "model"]):
        result = CliRunner().invoke(cli, [*command, *option])
        assert result.exit_code == 2
        assert f"{option[0]} goes with --aws" in result.stderr


@pytest.mark.parametrize("command", [["tail"], ["alarms", "list"], ["alarms", "history"], ["metrics"]])
def test_what_aws_refuses_is_one_error(model: Path, cloud: Cloud, command: list[str]) -> None:
    def reply(_: dict[str, Any]) -> None:
        raise refused("Any", "AccessDeniedException", "not for you")

    operations = ("FilterLogEvents", "DescribeAlarms", "DescribeAlarmHistory", "ListMetrics")
    with answering(**dict.fromkeys(operations, reply)), pytest.raises(AwsError, match="is not allowed"):
        run(model, *command)


# As processes.


@pytest.fixture
def server(running_server: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """moto as an empty server, which this process fills."""
    httpx.post(f"{running_server}/moto-api/reset").raise_for_status()
    monkeypatch.setenv("AWS_ENDPOINT_URL", running_server)
    return running_server


@pytest.fixture(scope="module")
def running_server() -> Iterator[str]:
    with pytest.MonkeyPatch.context() as patch:
        for name, value in _credentials().items():
            patch.setenv(name, value)
        running = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
        running.start()
        host, port = running.get_host_and_port()
        yield f"http://{host}:{port}"
        running.stop()


def _credentials() -> dict[str, str]:
    return {
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_CONFIG_FILE": "/dev/null",
        "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
    }


# A shell that runs the tests in its background has their processes ignore SIGINT, and theirs inherit that.
COMMAND = (
    "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)\nfrom inferwatch.cli import main; main()"
)
started: list[subprocess.Popen[str]] = []


def process(*arguments: str, **variables: str) -> subprocess.Popen[str]:
    one = subprocess.Popen(
        [sys.executable, "-c", COMMAND, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, **_credentials(), "PYTHONUNBUFFERED": "1", **variables},
    )
    started.append(one)
    return one


@pytest.fixture(autouse=True)
def none_is_left() -> Iterator[None]:
    """A process that outlives a test that failed would be the error of whichever test runs when it is collected."""
    yield
    while started:
        with started.pop() as one:
            one.kill()


def test_the_dashboard_serves_the_page_until_ctrl_c(model: Path, server: str) -> None:
    running = process("dashboard", str(model), *AWS, "--page-port", "0", AWS_ENDPOINT_URL=server)
    assert running.stderr is not None
    said = [running.stderr.readline() for _ in range(4)]
    assert "asked every 60 s" in said[2]
    link = said[1].split()[1]
    with httpx.Client(timeout=30) as client:
        assert client.get(link, follow_redirects=True).status_code == 200
        told = client.get(httpx.URL(link).join("/api/series")).json()
        assert told["period"] == 60
        # The log group is not there, and moto keeps no history of alarms: the page lives on.
        assert client.get(httpx.URL(link).join("/api/transactions")).status_code == 503
    running.send_signal(signal.SIGINT)
    _, rest = running.communicate(timeout=30)
    assert running.returncode == 0, rest
    assert "Traceback" not in rest


def test_ctrl_c_waits_for_no_search_of_the_log(model: Path, server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    boto3.client("logs", REGION).create_log_group(logGroupName="/test/claim")
    searching = threading.Event()

    def unfinished(query: LogQuery) -> dict[str, Any]:
        searching.set()
        return {"results": [], "status": "Running"}

    monkeypatch.setattr("moto.logs.models.execute_query", insights_model.execute_query)
    monkeypatch.setattr(LogQuery, "to_result_json", unfinished)
    running = process("dashboard", str(model), *AWS, "--page-port", "0", AWS_ENDPOINT_URL=server)
    assert running.stderr is not None
    link = [running.stderr.readline() for _ in range(4)][1].split()[1]
    with httpx.Client(timeout=30) as client:
        client.get(link)
        with client.stream("GET", httpx.URL(link).join("/api/events")):
            assert searching.wait(30)
            running.send_signal(signal.SIGINT)
            _, rest = running.communicate(timeout=20)  # the search itself would take a minute
    assert (running.returncode, "Traceback" in rest) == (0, False), rest


def test_without_the_extra_the_command_says_what_to_install(model: Path) -> None:
    code = "import sys; sys.modules['boto3'] = None; from inferwatch.cli import main; main()"
    for command in (["tail", "--aws", "--spec", str(model)], ["dashboard", str(model), "--aws"]):
        done = subprocess.run([sys.executable, "-c", code, *command], capture_output=True, text=True, check=False)
        assert done.returncode == 1
        assert done.stderr.count("\n") == 1
        assert "pip install 'inferwatch[aws]'" in done.stderr


def test_following_the_log_ends_with_ctrl_c(model: Path, server: str) -> None:
    cloud = Cloud(load_spec(model, "prod"))
    fill(cloud)
    running = process("tail", "-f", "-n", "1", *AWS, "--spec", str(model), AWS_ENDPOINT_URL=server)
    assert running.stdout is not None
    assert "loading weights" in running.stdout.readline()
    cloud.put([b"one more\n"])
    assert "one more" in running.stdout.readline()
    running.send_signal(signal.SIGINT)
    _, rest = running.communicate(timeout=30)
    assert "Traceback" not in rest


@pytest.mark.parametrize(
    ("command", "options", "variables", "says"),
    [
        ("tail", [], {"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""}, "there are no AWS credentials"),
        ("tail", ["--region", "eu-central-9"], {}, "'eu-central-9' is no region"),
        ("dashboard", [], {"AWS_ENDPOINT_URL": "http://127.0.0.1:9", "AWS_MAX_ATTEMPTS": "1"}, "AWS cannot be reached"),
    ],
)
def test_trouble_with_aws_is_one_message(
    model: Path, command: str, options: list[str], variables: dict[str, str], says: str
) -> None:
    where = [str(model)] if command == "dashboard" else ["--spec", str(model)]
    isolated = {"AWS_EC2_METADATA_DISABLED": "true", **variables}
    done = process(command, "--aws", *where, "--region", REGION, *options, **isolated)
    out, problem = done.communicate(timeout=60)
    assert (done.returncode, out) == (1, "")
    assert says in problem
    assert len(problem.splitlines()) == 1
