from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from inferwatch.sdk.line import LineFormat, Transaction
from inferwatch.sdk.problems import Problems
from inferwatch.spec.record import CORE_FIELDS, STATUSES

ID = "019aa5b0-0000-7000-8000-000000000000"
START_MS = 1_763_715_600_125
GOLDEN = Path(__file__).parent / "golden" / "line_v1.jsonl"

Read = Callable[[bytes], dict[str, Any]]


def line_of(compiled: dict[str, Any], max_bytes: int = 1_000_000, **parts: Any) -> tuple[bytes, dict[str, int]]:
    problems = Problems()
    line = LineFormat(compiled, "server-1", max_bytes=max_bytes, problems=problems).line(
        Transaction(ID, START_MS, 12.345, **parts)
    )
    return line, problems.counts()


def metric_names(document: dict[str, Any]) -> list[str]:
    return [definition["Name"] for definition in document["_aws"]["CloudWatchMetrics"][0]["Metrics"]]


def test_golden_lines_stay_as_they_are(compiled: dict[str, Any]) -> None:
    """Lines of version 1 as they were first written. Readers know them; a change of the line is a new version."""
    lines = LineFormat({**compiled, "by_version": True}, "server-1")
    written = b"".join(
        lines.line(transaction)
        for transaction in (
            Transaction(
                ID,
                START_MS,
                12.345,
                request={"pages": 3, "text": "größer\n"},
                response={"prediction": "invoice"},
                fields={
                    "request_id": "req-1",
                    "requester": {"principal": "arn:aws:iam::123456789012:role/app", "ip": None},
                    "prediction": "invoice",
                    "confidence": 0.98,
                    "features": {"pages": 3},
                    "language": "de",
                },
                metrics={"Drift": (0.2, None)},
                cold_start=True,
            ),
            Transaction(ID, START_MS, 0.5, "rejected", fields={"error": {"type": "BadRequest", "message": "no pages"}}),
        )
    )
    assert written == GOLDEN.read_bytes()


@pytest.mark.parametrize(
    ("status", "counts"),
    [("succeeded", (1, 1, 0, 0)), ("failed", (1, 0, 1, 0)), ("timeout", (1, 0, 1, 0)), ("rejected", (1, 0, 0, 1))],
)
def test_each_status_counts_as_it_should(
    compiled: dict[str, Any], read: Read, status: str, counts: tuple[int, ...]
) -> None:
    document = read(line_of(compiled, status=status)[0])
    assert document["status"] == status
    names = ("Invocations", "SuccessCount", "ErrorCount", "RejectedCount")
    assert tuple(document[name] for name in names) == counts
    assert set(names) <= set(metric_names(document))
    assert ("LatencyMs" in document) == (status != "rejected")


def test_times_agree(compiled: dict[str, Any], read: Read) -> None:
    document = read(line_of(compiled)[0])
    assert document["_aws"]["Timestamp"] == START_MS
    assert document["start_at"] == "2025-11-21T09:00:00.125Z"
    assert document["end_at"] == "2025-11-21T09:00:00.137Z"
    assert document["elapse"] == document["LatencyMs"] == 12.345


def test_identity_and_dimensions_are_of_the_spec(compiled: dict[str, Any], read: Read) -> None:
    document = read(line_of(compiled)[0])
    assert document["namespace"] == "/abc_corp/claim"
    assert document["model_version"] == 3
    assert document["server_id"] == "server-1"
    assert document["_aws"]["CloudWatchMetrics"][0]["Dimensions"] == [["model_name", "environment"]]
    assert "ModelVersion" not in document


def test_by_version_adds_a_dimension_set(compiled: dict[str, Any], read: Read) -> None:
    document = read(line_of({**compiled, "by_version": True})[0])
    assert document["_aws"]["CloudWatchMetrics"][0]["Dimensions"] == [
        ["model_name", "environment"],
        ["model_name", "environment", "ModelVersion"],
    ]
    assert document["ModelVersion"] == "3"
    assert document["model_version"] == 3


@pytest.mark.parametrize("value", [7, "x" * 5000, ""])
def test_dimension_values_are_text_of_a_length_that_cloudwatch_takes(
    compiled: dict[str, Any], read: Read, value: Any
) -> None:
    read(line_of({**compiled, "model_name": value, "environment": value, "by_version": True})[0])


def test_high_resolution_is_said_of_those_metrics_alone(compiled: dict[str, Any], read: Read) -> None:
    metrics = read(line_of(compiled)[0])["_aws"]["CloudWatchMetrics"][0]["Metrics"]
    assert [m["Name"] for m in metrics if "StorageResolution" in m] == ["LatencyMs"]
    assert [m["Unit"] for m in metrics if m["Name"] == "LatencyMs"] == ["Milliseconds"]


@pytest.mark.parametrize(
    ("confidence", "scale", "probability"),
    [
        (0.93, 1, 0.93),
        (98.05, 100, 0.9805),
        (0, 1, 0),
        (1, 1, 1),
        (np.float32(0.5), 1, 0.5),
        (98.05, 1, None),
        (-0.1, 1, None),
        (float("nan"), 1, None),
        ("0.9", 1, None),
        (True, 1, None),
        (None, 1, None),
        ([0.9], 1, None),
        (0.9, None, None),
    ],
)
def test_probability_is_the_share_of_the_scale_and_confidence_stays_raw(
    compiled: dict[str, Any], read: Read, confidence: Any, scale: int | None, probability: float | None
) -> None:
    document = read(line_of({**compiled, "confidence_scale": scale}, fields={"confidence": confidence})[0])
    assert document["confidence"] == (None if str(confidence) == "nan" else confidence)
    assert document.get("PredictionProbability") == (None if probability is None else pytest.approx(probability))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("request.pages", 3),
        ("response.score.mean", 0.25),
        ("features.age", 41),
        ("size", 12),
        ("request_size", 11),
        ("elapse", 12.345),
        ("request.name", None),
        ("request.flag", None),
        ("request.pages.more", None),
        ("nothing.here", None),
    ],
)
def test_a_spec_metric_is_read_from_its_field(
    compiled: dict[str, Any], read: Read, field: str, value: float | None
) -> None:
    document = read(
        line_of(
            {**compiled, "metrics": [{"name": "Own", "field": field, "unit": "Bytes"}]},
            request={"pages": 3, "name": "x", "flag": True} if field != "request_size" else {"pages": 3},
            response={"score": {"mean": np.float64(0.25)}},
            fields={"features": {"age": 41}, "size": 12},
        )[0]
    )
    assert document.get("Own") == value
    assert ("Own" in metric_names(document)) == (value is not None)


def test_a_spec_metric_may_have_the_name_of_its_field(compiled: dict[str, Any], read: Read) -> None:
    spec = {**compiled, "metrics": [{"name": "pages", "field": "pages", "unit": "Count"}]}
    line, problems = line_of(spec, fields={"pages": np.int64(3)})
    assert read(line)["pages"] == 3
    assert problems == {}
    line, problems = line_of(spec, fields={"pages": "many"})
    assert read(line)["pages"] == "many"
    assert "pages" not in metric_names(read(line))


def test_a_field_that_a_metric_takes_the_name_of_is_counted(compiled: dict[str, Any], read: Read) -> None:
    line, problems = line_of(compiled, request={"pages": 3}, fields={"Pages": "many"})
    assert read(line)["Pages"] == 3
    assert problems == {"refused_field": 1}


def test_code_metrics_have_their_unit_or_the_specs(compiled: dict[str, Any], read: Read) -> None:
    line, problems = line_of(compiled, metrics={"Drift": (0.2, "Percent"), "Pages": (4, None), "Odd": (1, None)})
    document = read(line)
    units = {m["Name"]: m["Unit"] for m in document["_aws"]["CloudWatchMetrics"][0]["Metrics"]}
    assert (document["Drift"], document["Pages"], document["Odd"]) == (0.2, 4, 1)
    assert (units["Drift"], units["Pages"], units["Odd"]) == ("Percent", "Count", "None")
    assert problems == {}


def test_a_metric_changes_its_unit_from_line_to_line(compiled: dict[str, Any], read: Read) -> None:
    lines = LineFormat(compiled, "server-1")
    for unit in ("Percent", "Count", "Percent"):
        document = read(lines.line(Transaction(ID, 0, 1.0, metrics={"Drift": (1, unit)})))
        assert {"Name": "Drift", "Unit": unit} in document["_aws"]["CloudWatchMetrics"][0]["Metrics"]


@pytest.mark.parametrize(
    ("name", "value", "unit"),
    [
        ("Drift", float("nan"), None),
        ("Drift", float("inf"), None),
        ("Drift", 2.0**361, None),
        ("Drift", 10**400, None),
        ("Drift", "0.2", None),
        ("Drift", None, None),
        ("Drift", True, None),
        ("Drift", [1, 2], None),
        ("Drift", 0.2, "Furlongs"),
        ("Drift", 0.2, ["Count"]),
        ("", 1, None),
        ("größe", 1, None),
        ("a\nb", 1, None),
        ("x" * 256, 1, None),
        ("_aws", 1, None),
        ("model_name", 1, None),
        ("Invocations", 1, None),
        ("elapse", 1, None),
        ("request", 1, None),
    ],
)
def test_a_bad_code_metric_is_left_out_and_counted(
    compiled: dict[str, Any], read: Read, name: str, value: Any, unit: Any
) -> None:
    line, problems = line_of(compiled, metrics={name: (value, unit), "Good": (1, None)})
    document = read(line)
    assert document["Good"] == 1
    assert metric_names(document).count(name) == (1 if name == "Invocations" else 0)
    assert problems == {"refused_metric": 1}


def test_at_most_100_metrics_and_the_others_are_counted(compiled: dict[str, Any], read: Read) -> None:
    line, problems = line_of(compiled, request={"pages": 1}, metrics={f"m{n}": (n, None) for n in range(150)})
    document = read(line)
    assert len(metric_names(document)) == 100
    assert "Pages" in metric_names(document)
    assert problems == {"refused_metric": 56}


def test_fields_of_ones_own_stand_at_the_root_and_core_names_are_refused(compiled: dict[str, Any], read: Read) -> None:
    own = {"pages": 3, "tags": ["a"], "deep": {"x": {"y": 1}}}
    line, problems = line_of(compiled, fields={**own, "elapse": 1, "_aws": {}, "Invocations": 5, "model_name": "x"})
    document = read(line)
    assert {name: document[name] for name in own} == own
    assert (document["elapse"], document["Invocations"], document["model_name"]) == (
        12.345,
        1,
        "doc_classification",
    )
    assert problems == {"refused_field": 4}


def test_forty_fields_are_no_dimensions(compiled: dict[str, Any], read: Read) -> None:
    document = read(line_of(compiled, fields={f"dim{n}": n for n in range(40)})[0])
    assert document["dim39"] == 39
    assert document["_aws"]["CloudWatchMetrics"][0]["Dimensions"] == [["model_name", "environment"]]


def test_sizes_are_those_of_the_encoded_payloads(compiled: dict[str, Any], read: Read) -> None:
    document = read(line_of(compiled, request={"t": "größer"}, response=[1, 2])[0])
    assert document["request_size"] == len('{"t":"größer"}'.encode())
    assert document["response_size"] == len("[1,2]")
    nothing = read(line_of(compiled)[0])
    assert not {"request", "response", "request_size", "response_size"} & nothing.keys()


def test_features_that_are_the_request_are_not_written_twice(compiled: dict[str, Any], read: Read) -> None:
    request = {"age": 41, "raw": np.array([1.0, 2.0])}
    assert "features" not in read(line_of(compiled, request=request, fields={"features": request})[0])
    assert "features" not in read(line_of(compiled, request={"a": 1}, fields={"features": {"a": 1}})[0])
    other = read(line_of(compiled, request=request, fields={"features": dict(request, raw=np.array([1.0, 3.0]))})[0])
    assert other["features"]["raw"] == [1, 3]


def test_capture_none_keeps_sizes_metrics_and_outcome(compiled: dict[str, Any], read: Read) -> None:
    line = line_of(
        {**compiled, "capture": "none"},
        request={"pages": 3, "name": "Ann"},
        response={"label": "Ann"},
        fields={"features": {"name": "Ann"}, "prediction": "invoice", "confidence": 0.9},
    )[0]
    document = read(line)
    assert b"Ann" not in line
    assert document["request_size"] == 24
    assert document["Pages"] == 3
    assert (document["prediction"], document["confidence"]) == ("invoice", 0.9)


def test_redacted_parts_are_null_and_the_users_objects_untouched(compiled: dict[str, Any], read: Read) -> None:
    paths = ["request.ssn", "response.name", "features.age", "error.message", "requester.ip", "note", "Drift"]
    request = [{"ssn": "S-1", "n": 1}, {"ssn": "S-2"}]
    fields = {
        "features": {"age": 41, "rooms": 2},
        "error": {"type": "ValueError", "message": "S-1"},
        "requester": {"ip": "10.0.0.1", "principal": "p"},
        "note": "S-1",
    }
    before = json.dumps([request, fields])
    line, _ = line_of(
        {**compiled, "redact": paths},
        request=request,
        response={"name": "S-2"},
        fields=fields,
        metrics={"Drift": (0.5, None)},
    )
    document = read(line)
    assert b"S-" not in line
    assert document["request"] == [{"ssn": None, "n": 1}, {"ssn": None}]
    assert document["features"] == {"age": None, "rooms": 2}
    assert document["error"] == {"type": "ValueError", "message": None}
    assert document["requester"] == {"ip": None, "principal": "p"}
    assert document["note"] is None
    assert document["Drift"] == 0.5
    assert document["request_size"] == len('[{"ssn":"S-1","n":1},{"ssn":"S-2"}]')
    assert json.dumps([request, fields]) == before


def test_a_body_that_did_not_parse_does_not_slip_past_redaction(compiled: dict[str, Any], read: Read) -> None:
    line, _ = line_of({**compiled, "redact": ["request.ssn"]}, request=b'{"ssn": "S-1", broken', status="rejected")
    assert read(line)["request"] is None


def test_what_every_reader_needs_cannot_be_redacted(compiled: dict[str, Any], read: Read) -> None:
    line, problems = line_of({**compiled, "redact": ["transaction_id", "start_at", "status"]})
    assert read(line)["transaction_id"] == ID
    assert read(line)["start_at"] == "2025-11-21T09:00:00.125Z"
    assert problems == {"refused_field": 3}


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"type": "A", "message": "b"}, {"type": "A", "message": "b"}),
        (ValueError("bad"), {"type": "ValueError", "message": "bad"}),
        ("bad", {"type": "Error", "message": "bad"}),
    ],
)
def test_an_error_has_type_and_message(compiled: dict[str, Any], read: Read, given: Any, expected: Any) -> None:
    assert read(line_of(compiled, status="failed", fields={"error": given})[0])["error"] == expected


def test_a_large_request_is_left_out_and_all_else_stays(compiled: dict[str, Any], read: Read) -> None:
    line, problems = line_of(
        compiled, request={"pages": 3, "text": "x" * 2_000_000}, response={"label": "a"}, fields={"confidence": 0.5}
    )
    document = read(line)
    assert len(line) < 2_000
    assert document["truncated"] is True
    assert "request" not in document
    assert document["request_size"] == 2_000_021
    assert document["response"] == {"label": "a"}
    assert (document["Pages"], document["PredictionProbability"]) == (3, 0.5)
    assert problems == {"truncated": 1}


@pytest.mark.parametrize("max_bytes", [1_300, 1_700, 3_000, 61_440])
def test_a_line_is_never_longer_than_it_may_be(compiled: dict[str, Any], read: Read, max_bytes: int) -> None:
    line, problems = line_of(
        compiled,
        max_bytes,
        request={"t": "r" * 40_000},
        response={"t": "s" * 30_000},
        fields={"request_id": "i" * 9_000, "note": "ü" * 900, "error": {"type": "E", "message": "m" * 5_000}},
    )
    document = read(line)
    assert len(line) <= max_bytes
    assert document["truncated"] is True
    assert document["Invocations"] == 1
    assert ("response" in document) == (max_bytes == 61_440)
    assert problems == {"truncated": 1}


def test_metric_names_alone_can_be_too_long(compiled: dict[str, Any], read: Read) -> None:
    metrics = {f"{n:0>255}": (n, "Kilobytes/Second") for n in range(90)}
    line, _ = line_of(compiled, 20_000, request={"pages": 2}, metrics=metrics)
    document = read(line)
    assert len(line) <= 20_000
    assert document["Pages"] == 2


def test_a_line_that_just_fits_is_whole(compiled: dict[str, Any], read: Read) -> None:
    line, _ = line_of(compiled, request={"t": "r" * 5_000})
    assert line_of(compiled, len(line), request={"t": "r" * 5_000}) == (line, {})
    shorter, problems = line_of(compiled, len(line) - 1, request={"t": "r" * 5_000})
    assert "request" not in read(shorter)
    assert problems == {"truncated": 1}


def test_names_of_metrics_that_never_repeat_do_not_fill_the_memory(compiled: dict[str, Any]) -> None:
    lines = LineFormat(compiled, "server-1")
    for n in range(2_000):
        lines.line(Transaction(ID, 0, 1.0, metrics={f"m{n}": (1, None)}))
    assert len(lines._heads) <= 512


TEXT = st.text(max_size=20)
VALUE = st.none() | st.booleans() | st.integers() | st.floats() | TEXT | st.binary(max_size=20) | st.lists(st.floats())
NAME = TEXT | st.sampled_from(sorted(CORE_FIELDS)) | st.sampled_from(["Pages", "Drift", "a"])


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    status=st.sampled_from(STATUSES),
    request=VALUE | st.dictionaries(NAME, VALUE),
    fields=st.dictionaries(NAME, VALUE, max_size=8),
    metrics=st.dictionaries(NAME, st.tuples(VALUE, st.none() | st.sampled_from(["Count", "Percent", "x"])), max_size=8),
    redact=st.lists(NAME.filter(bool), max_size=3),
    by_version=st.booleans(),
)
def test_every_line_is_valid_whatever_comes(
    compiled: dict[str, Any], read: Read, redact: list[str], by_version: bool, **parts: Any
) -> None:
    spec = {**compiled, "redact": redact, "by_version": by_version, "confidence_scale": 100}
    document = read(line_of(spec, **parts)[0])
    assert document["transaction_id"] == ID
    assert document["Invocations"] == 1
