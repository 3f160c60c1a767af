"""The reading commands, over a data folder that the SDK and the store have written."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from inferwatch.alarms.values import ALARM, OK, AlarmState, Transition
from inferwatch.cli.commands import COMMANDS, cli
from inferwatch.sdk import LogStreamSink, Monitor
from inferwatch.sdk.streams import stream_file
from inferwatch.spec import load_spec
from inferwatch.store import Store

ROOT = Path(__file__).parents[2]
SPEC = '[model]\nnamespace = "/test"\nname = "claim"\nconfidence_scale = 1\npredict = "app:predict"\n'
NOW_MS = time.time_ns() // 1_000_000


@pytest.fixture
def model(tmp_path: Path) -> Path:
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "inferwatch.toml").write_text(SPEC)
    (folder / "app.py").write_text("def predict(features): return 1\n")
    return folder


@pytest.fixture
def data(tmp_path: Path, model: Path) -> Path:
    """Two records, a line of text, and an alarm that is in ALARM."""
    folder = tmp_path / "data"
    spec = load_spec(model, environ={})
    sink = LogStreamSink(folder, spec.identity.log_group, "2026/11/21/[1]abc")
    monitor = Monitor(spec.compile(), sink)
    monitor.record(elapse=12.5, prediction="car", confidence=0.9, start_ms=NOW_MS - 2000)
    sink(b"loading weights\n")
    error = {"type": "ValueError", "message": "no pages"}
    monitor.record(elapse=3.5, status="failed", error=error, start_ms=NOW_MS - 1000)
    sink.close()
    with Store.open(folder, writer=True) as store:
        store.ingest(NOW_MS)
        state = AlarmState(alarm="a", state=ALARM, reason="too slow", since_ms=NOW_MS, evaluated_ms=NOW_MS)
        change = Transition(alarm="a", previous=OK, state=ALARM, reason="too slow", at_ms=NOW_MS, value=9.0)
        store.alarm_log("/test/claim:dev").commit([state], [change], [])
    return folder


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(cli, [str(argument) for argument in arguments], catch_exceptions=False)


def rows(result: Result) -> list[dict[str, object]]:
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_tail_prints_records_and_text_in_the_order_of_time(data: Path) -> None:
    first, text, last = run("tail", "--data", data).stdout.splitlines()
    assert "succeeded" in first
    assert "prediction car" in first
    assert "loading weights" in text
    assert "ValueError: no pages" in last


def test_tail_gives_the_last_lines_as_json(data: Path) -> None:
    text, record = rows(run("tail", "--data", data, "-n", "2", "--json"))
    assert text["text"] == "loading weights\n"
    assert record["status"] == "failed"


def test_tail_prints_records_that_others_wrote(tmp_path: Path) -> None:
    foreign = {"type": "inference_transaction", "transaction_id": "x", "start_at": "2025-11-21T09:12:00Z"}
    path = stream_file(tmp_path, "/test/claim", "s")
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps(foreign | {"elapse": "long", "status": 5, "error": "no"}) + "\n")
    result = run("tail", "--data", tmp_path)
    assert (result.exit_code, result.stdout.split()) == (0, ["2025-11-21T09:12:00Z", "5", "no", "x"])


def test_tail_tells_what_the_endpoint_says_of_a_transaction(data: Path) -> None:
    path = stream_file(data, "/aws/sagemaker/Endpoints/claims", "AllTraffic/1")
    path.parent.mkdir(parents=True)
    said = {"type": "endpoint_invocation", "transaction_id": "x", "start_at": "2020-11-21T09:12:09Z"}
    path.write_text(json.dumps(said | {"elapse": 1.25, "status": "succeeded"}) + "\n")
    first = run("tail", "--data", data).stdout.splitlines()[0]
    assert first.split() == ["2020-11-21T09:12:09Z", "succeeded", "1.2", "ms", "in", "the", "endpoint", "x"]
    (line,) = rows(run("tail", "--data", data, "--json", "--model", "/aws/sagemaker"))
    assert line["type"] == "endpoint_invocation"


def test_tail_tells_how_often_a_message_was_tried(data: Path) -> None:
    stream = next((data / "logs").rglob("*.jsonl"))
    attempt = {"type": "inference_attempt", "transaction_id": "x", "start_at": "2026-11-21T09:12:09Z"}
    said = {
        "elapse": 1.25,
        "status": "rejected",
        "error": {"type": "MalformedCsv", "message": "no"},
        "receive_count": 2,
    }
    with stream.open("a") as file:
        file.write(json.dumps({"_aws": {}} | attempt | said) + "\n")
    told = next(line for line in run("tail", "--data", data).stdout.splitlines() if "try 2" in line)
    assert told.split() == ["2026-11-21T09:12:09Z", "rejected", "1.2", "ms", "MalformedCsv:", "no", "try", "2", "x"]


def test_tail_counts_the_lines_that_it_prints(data: Path) -> None:
    """Between two records stand the runtime's reports, which are not printed where all is well."""
    stream = next((data / "logs").rglob("*.jsonl"))
    report = {"time": "2026-11-21T09:12:00.000Z", "type": "platform.report", "record": {"status": "success"}}
    with stream.open("a") as file:
        file.write((json.dumps(report) + "\n") * 30)
    assert len(run("tail", "--data", data, "-n", "2").stdout.splitlines()) == 2
    assert len(rows(run("tail", "--data", data, "-n", "40", "--json"))) == 33


@pytest.mark.parametrize(
    ("out", "code", "says"), [("| head -c 1", 0, ""), ("| true", 0, ""), ("> /dev/full", 1, "No space left on device")]
)
def test_a_reader_that_has_gone_is_no_error_and_a_full_disk_is_one_message(
    data: Path, out: str, code: int, says: str
) -> None:
    command = (
        f"set -o pipefail; {sys.executable} -c 'from inferwatch.cli import main; main()' tail --json --data {data}"
    )
    done = subprocess.run(["bash", "-c", f"{command} {out}"], capture_output=True, text=True, check=False)
    assert (done.returncode, "Traceback" in done.stderr) == (code, False)
    assert says in done.stderr


def test_tail_of_another_model_is_empty(data: Path) -> None:
    assert run("tail", "--data", data, "--model", "/test/cla").stdout == ""
    assert run("tail", "--data", data, "--model", "/test").stdout != ""


def test_alarms_list_says_by_its_exit_code_that_one_is_in_alarm(data: Path) -> None:
    result = run("alarms", "list", "--data", data, "--json")
    assert result.exit_code == 3
    (row,) = rows(result)
    assert (row["alarm"], row["state"], row["log_group"], row["environment"]) == ("a", "ALARM", "/test/claim", "dev")


def test_alarms_history(data: Path) -> None:
    (row,) = rows(run("alarms", "history", "--data", data, "--json"))
    assert (row["previous"], row["state"], row["value"]) == ("OK", "ALARM", 9.0)


def test_metrics_lists_them_and_prints_the_datapoints_of_one(data: Path) -> None:
    assert {row["metric"] for row in rows(run("metrics", "--data", data, "--json"))} >= {"LatencyMs", "Invocations"}
    found = rows(run("metrics", "LatencyMs", "--statistic", "Maximum", "--period", "3600", "--data", data, "--json"))
    assert max(row["value"] for row in found) == 12.5


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["metrics", "Latency"], 1, "did you mean 'LatencyMs'?"),
        (["metrics", "LatencyMs", "--statistic", "mean"], 1, "allowed are SampleCount"),
        (["metrics", "LatencyMs", "--since", "yesterday"], 2, "90s, 15m, 24h or 7d"),
        (["metrics", "--dimension", "prod"], 2, "environment=prod"),
        (["alarms", "history", "b"], 1, "no alarm 'b'; it has a"),
        (["alrams"], 2, "did you mean 'alarms'?"),
        (["demo", "--headless", "--duration", "5"], 2, "at least 75 s"),
        (["up", "nowhere"], 1, "nowhere: there is no such file"),
    ],
)
def test_a_call_that_cannot_be_answered_says_why(data: Path, arguments: list[str], code: int, says: str) -> None:
    result = inferwatch(*arguments, INFERWATCH_DATA=str(data))
    assert (result.returncode, result.stdout) == (code, "")
    assert says in result.stderr
    assert "Traceback" not in result.stderr


def test_a_folder_without_data_is_a_message(tmp_path: Path) -> None:
    for command in (["tail"], ["alarms", "list"], ["alarms", "history"], ["metrics"]):
        result = inferwatch(*command, "--data", str(tmp_path / "none"))
        assert result.returncode == 1
        assert "inferwatch up" in result.stderr
        assert "Traceback" not in result.stderr


def test_doctor_finds_all_well(data: Path, model: Path) -> None:
    result = run("doctor", model, "--data", data, "--json")
    assert result.exit_code == 0
    verdicts = {row["what"]: row["verdict"] for row in rows(result)}
    assert verdicts["handler"] == verdicts["spec"] == verdicts["data"] == verdicts["records"] == "ok"


def test_doctor_names_what_is_wrong(data: Path, model: Path) -> None:
    (model / "app.py").write_text("import nothing_like_it\n")
    (data / "logs/test/claim/@streams/new.jsonl").write_text("one more line\n")
    result = run("doctor", model, "--data", data, "--json")
    assert result.exit_code == 1
    says = {str(row["what"]): str(row["says"]) for row in rows(result) if row["verdict"] != "ok"}
    assert "No module named 'nothing_like_it'" in says["handler"]
    assert says["ingest"].startswith("14 bytes wait")


def test_help_loads_none_of_the_heavy_packages() -> None:
    code = (
        "import sys\nfrom inferwatch.cli.commands import cli\n"
        "try: cli(['--help'])\nexcept SystemExit: pass\n"
        "sys.exit(' '.join({'duckdb', 'starlette', 'uvicorn', 'rich', 'slack_sdk', 'msgspec'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stderr.split() == []
    assert all(name in done.stdout for name in COMMANDS)


def test_the_reference_names_every_command_and_option() -> None:
    page = (ROOT / "docs/reference/cli.md").read_text()
    sections = re.split(r"^## ", page, flags=re.M)[1:]
    context = click.Context(cli)
    for name in COMMANDS:
        command = cli.get_command(context, name)
        assert command is not None
        subcommands = command.commands if isinstance(command, click.Group) else {"": command}
        for sub, leaf in subcommands.items():
            title = f"inferwatch {name} {sub}".strip()
            section = next(s for s in sections if s.startswith((f"{title} ", f"{title}\n")))
            for parameter in leaf.params:
                if isinstance(parameter, click.Option):
                    assert f"`{parameter.opts[0]}`" in section, f"{title}: {parameter.opts[0]}"


def inferwatch(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", "from inferwatch.cli import main; main()", *arguments],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **variables},
    )


def test_the_package_runs_as_a_module() -> None:
    done = subprocess.run([sys.executable, "-m", "inferwatch", "--version"], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("inferwatch, version ")
