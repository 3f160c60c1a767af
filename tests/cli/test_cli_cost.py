"""`inferwatch cost`: what it counts from, and how it says so."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from inferwatch.cli import cost, traffic
from inferwatch.cli.commands import cli
from inferwatch.errors import QueryError
from inferwatch.sdk import LogStreamSink, Monitor
from inferwatch.spec import load_spec
from inferwatch.store import Store
from inferwatch.store.streams import platform

NOON = 1_795_262_400_000  # 2026-11-21 12:00:00 UTC
HOUR = 3_600_000
SPEC = '[model]\nnamespace = "/test"\nname = "claim"\n'


@pytest.fixture
def model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("AWS_REGION", raising=False)
    monkeypatch.setattr(cost, "now_ms", lambda: NOON)
    (tmp_path / "inferwatch.toml").write_text(SPEC)
    return tmp_path


def call(*arguments: str) -> Result:
    done = CliRunner().invoke(cli, ["cost", *arguments])
    assert done.exit_code == 0, done.output
    return done


def rows(*arguments: str) -> list[dict[str, Any]]:
    return [json.loads(row) for row in call("--json", *arguments).stdout.splitlines()]


def lines(*arguments: str) -> dict[str, dict[str, Any]]:
    return {row["item"]: row for row in rows(*arguments) if row["kind"] == "line"}


def record_traffic(folder: Path, *, report: bool) -> None:
    """61 requests in five hours, of 120.2 ms; the runtime reports 130 ms billed of each, and one init."""
    spec = load_spec(folder, environ={})
    sink = LogStreamSink(folder / ".inferwatch", spec.identity.log_group, "here")
    monitor = Monitor(spec.compile(), sink)
    if report:
        sink(platform.line("platform.initStart", NOON, {"inferwatch": spec.compile(), "padding": "x" * 20_000}) + b"\n")
    for number in range(61):
        at_ms = NOON - 5 * HOUR + number * 295_000
        monitor.record(start_ms=at_ms, elapse=120.2, request_id=str(number), response="y" * 1000)
        if report:
            metrics = {"durationMs": 121.0, "billedDurationMs": 130, "memorySizeMB": 512, "maxMemoryUsedMB": 90}
            said = {"requestId": str(number), "status": "success", "metrics": metrics}
            sink(platform.line("platform.report", at_ms, said) + b"\n")
    sink.close()
    with Store.open(folder / ".inferwatch", writer=True) as store:
        store.ingest(NOON)


def test_without_anything_recorded_it_says_what_it_assumes(model: Path) -> None:
    done = call()
    assert "Nothing of this model is recorded in .inferwatch; --requests, --seconds and --kb say" in done.stderr
    assert "100,000 requests a month (assumed), 200 ms billed for each, init time included (assumed)" in done.stderr
    assert "Prices of eu-central-1 in USD" in done.stderr
    assert "images of 1 GB, 1,000 notifications" in done.stderr
    header, *body = done.stdout.splitlines()
    assert header.split() == ["Service", "Item", "Quantity", "Unit", "Price", "USD", "USD", "with", "free", "tier"]
    assert body[0].split() == ["Lambda", "Duration", "10,000", "GB-s", "0.0000166667", "0.17", "0.00"]
    assert body[1].split() == ["Lambda", "Requests", "100,000", "requests", "0.20", "a", "million", "0.02", "0.00"]
    assert [row.split()[0] for row in body[-3:]] == ["Total", "with", "with"]


def test_options_decide(model: Path) -> None:
    given = lines("--requests", "200000", "--seconds", "2.9991", "--memory", "250", "--kb", "1.1")
    assert given["Duration"]["quantity"] == 200_000 * 3 * 250 / 1024  # rounded up to a millisecond
    assert given["Duration"]["amount"] == 2.44
    assert given["Requests"]["amount"] == 0.04
    assert given["Logs taken in"]["quantity"] == pytest.approx(200_000 * (1.1 + 0.5) / 1024**2)
    assert "assumed" not in call("--requests", "1", "--seconds", "1", "--kb", "1").stderr


def test_recorded_traffic_is_extrapolated_to_a_month(model: Path) -> None:
    record_traffic(model, report=True)
    done = call()
    month = round(61 * (365 * 24 / 12) / 5)  # 61 requests within 5 h, by periods of five minutes
    assert f"{month:,} requests a month (as recorded), 130 ms billed for each, init time included" in done.stderr
    assert "Recorded in .inferwatch: 61 requests within 5 h, extrapolated to a month." in done.stderr
    stored = (model / ".inferwatch/logs/test/claim/@streams/here.jsonl").stat().st_size - 20_000
    logged = lines("--requests", str(1024**2))["Logs taken in"]["quantity"] - 0.5
    assert logged == pytest.approx(stored / 61 / 1024, rel=0.05)


def test_without_a_runtimes_report_the_elapsed_time_is_rounded_up(model: Path) -> None:
    record_traffic(model, report=False)
    assert "121 ms billed for each, init time included (as recorded)" in call().stderr


def test_a_folder_with_another_models_data_has_nothing_of_this_one(model: Path) -> None:
    record_traffic(model, report=False)
    (model / "inferwatch.toml").write_text(SPEC.replace("claim", "other"))
    assert "Nothing of this model is recorded in .inferwatch" in call().stderr


def test_the_alternatives_differ_by_what_they_add(model: Path) -> None:
    arguments = ("--requests", "1000000", "--kb", "1")
    by_kind = {row["item"]: row["amount"] for row in rows(*arguments) if row["kind"] != "line"}
    assert by_kind["with put_metric_data in each request"] == pytest.approx(by_kind["a month"] + 10.00)
    insights = 8 * 0.30 + round(1_000_000 * 1.1 / 1024**2 * 0.63, 2)
    assert by_kind["with Lambda Insights"] == pytest.approx(by_kind["a month"] + insights)
    (model / "inferwatch.toml").write_text(SPEC + "[function]\ninsights = true\n")
    by_kind_with = {row["item"]: row["amount"] for row in rows(*arguments) if row["kind"] != "line"}
    assert by_kind_with["without Lambda Insights"] == by_kind["a month"]


def test_what_is_printed_adds_up(model: Path) -> None:
    found = rows("--requests", "12345678")
    total = next(row for row in found if row["kind"] == "total")
    for column in ("amount", "with_free_tier"):
        assert sum(row[column] for row in found if row["kind"] == "line") == pytest.approx(total[column])


@pytest.mark.parametrize(
    ("spec", "environ", "arguments", "region"),
    [
        ("", {}, (), "eu-central-1"),
        ("", {"AWS_REGION": "us-east-1"}, (), "us-east-1"),
        ('[aws]\nregion = "eu-central-1"\n', {"AWS_REGION": "us-east-1"}, (), "eu-central-1"),
        ('[aws]\nregion = "eu-central-1"\n', {}, ("--region", "us-east-1"), "us-east-1"),
    ],
)
def test_the_region(
    spec: str,
    environ: dict[str, str],
    arguments: tuple[str, ...],
    region: str,
    model: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    (model / "inferwatch.toml").write_text(SPEC + spec)
    assert f"Prices of {region} in USD" in call(*arguments).stderr


def test_a_region_without_prices_is_refused(model: Path) -> None:
    done = CliRunner().invoke(cli, ["cost", "--region", "eu-central-2"])
    assert isinstance(done.exception, QueryError)
    assert "did you mean 'eu-central-1'?" in str(done.exception)
    assert done.stdout == ""


@pytest.mark.parametrize("option", ["--kb", "--seconds", "--requests"])
@pytest.mark.parametrize("value", ["nan", "inf", "1e300", "-1", "9" * 13])
def test_what_is_no_such_number_is_refused(model: Path, option: str, value: str) -> None:
    done = CliRunner().invoke(cli, ["cost", str(model), option, value])
    assert done.exit_code == 2
    assert f"Invalid value for '{option}'" in done.stderr


def test_provisioned_concurrency_on_arm_says_which_price_it_takes(model: Path) -> None:
    (model / "inferwatch.toml").write_text(SPEC + '[function]\narchitecture = "arm64"\nprovisioned_concurrency = 1\n')
    assert "Provisioned concurrency is counted at x86's price; arm64's is lower." in call().stderr


def test_a_month_is_looked_back(model: Path) -> None:
    record_traffic(model, report=False)
    spec = load_spec(model, environ={})
    later = NOON + (traffic.LOOKED_BACK_DAYS + 1) * 24 * HOUR
    assert traffic.traffic(spec, model / ".inferwatch", later) is None


PARTS = """predict = "app:predict"

[queue]
batch_size = 4

[sagemaker]
instance_type = "ml.m5.large"

[history]

[lake]
"""


def test_what_has_no_known_price_stands_in_the_table_and_in_a_note(model: Path) -> None:
    (model / "inferwatch.toml").write_text(SPEC + PARTS)
    done = call()
    assert "Not in the total, since what it costs in eu-central-1 is not known here: 1 x ml.m5.large of" in done.stderr
    row = next(row for row in done.stdout.splitlines() if "ml.m5.large" in row)
    assert row.split()[-4:] == ["not", "known", "?", "?"]
    assert next(row["item"] for row in rows() if row["kind"] == "uncounted") == "1 x ml.m5.large of SageMaker"
    there = call("--region", "us-east-1")
    assert "Not in the total" not in there.stderr
    assert lines("--region", "us-east-1")["ml.m5.large"]["amount"] == 83.95


def test_what_is_not_plain_of_the_parts_is_told(model: Path) -> None:
    (model / "inferwatch.toml").write_text(SPEC + PARTS)
    told = call().stderr
    assert "counted as a message of the queue and as one to the API; Lambda polls the queue all month" in told
    assert "queries of Athena, which cost 5.00 for each TB" in told
    assert "the endpoint's disk." in told
    (model / "inferwatch.toml").write_text(SPEC)
    assert "queue" not in call().stderr


def test_what_questions_and_the_registry_cost_is_told_of_every_model(model: Path) -> None:
    told = call("--region", "eu-central-1").stderr
    assert "queries of Logs Insights, which cost 0.0063 for each GB they read" in told
    assert "the registry of versions and deployments, which is a few cents at most" in told


def test_a_batch_is_paid_once_for_all_its_messages(model: Path) -> None:
    (model / "inferwatch.toml").write_text(SPEC + PARTS)
    spec = load_spec(model, environ={})
    sink = LogStreamSink(model / ".inferwatch", spec.identity.log_group, "here")
    monitor = Monitor(spec.compile(), sink)
    for number in range(8):
        monitor.record(start_ms=NOON - HOUR, elapse=100.0, request_id=str(number // 4))
    for number in range(2):
        metrics = {"durationMs": 400.0, "billedDurationMs": 400, "memorySizeMB": 512, "maxMemoryUsedMB": 90}
        said = {"requestId": str(number), "status": "success", "metrics": metrics}
        sink(platform.line("platform.report", NOON - HOUR, said) + b"\n")
    sink.close()
    with Store.open(model / ".inferwatch", writer=True) as store:
        store.ingest(NOON)
    assert "100 ms billed for each, init time included (as recorded)" in call().stderr
