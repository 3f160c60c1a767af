"""Firehose's transformation: log events to rows."""

from __future__ import annotations

import base64
import json
import os
import re
from datetime import datetime
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lake_records import documents, whole
from subscription_payload import LOG_STREAM, payload

from inferwatch.errors import AwsError
from inferwatch.lake.columns import GLUE_COLUMNS
from inferwatch.lake.row import to_record
from inferwatch.sdk import LineFormat, Transaction
from inferwatch.serving import lake_transform
from inferwatch.serving.lake_transform import ANSWER_MAX, COLUMNS, handler
from inferwatch.serving.log_events import decoded

NOON = 1_795_262_400_000
STREAM = "arn:aws:firehose:eu-central-1:111122223333:deliverystream/doc-Inference-Lake"
COMPILED = {
    "namespace": "/abc_corp/claim", "model_name": "doc", "model_version": 3, "deployment_id": 7,
    "environment": "prod", "metric_namespace": "abc_corp/claim",
}  # fmt: skip
TYPES = {"string": str, "double": float, "bigint": int, "boolean": bool, "timestamp": str}
TIMESTAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")  # one that Firehose's conversion knows


def line(number: int, **more: Any) -> str:
    request = more.pop("request", {"number": number})
    transaction = Transaction(f"id-{number}", NOON + number, 20.0, status="succeeded", request=request, fields=more)
    return LineFormat(COMPILED, "server").line(transaction).decode()


def event(*data: str) -> dict[str, Any]:
    records = [{"recordId": f"{number:056}", "data": each} for number, each in enumerate(data)]
    return {"deliveryStreamArn": STREAM, "region": "eu-central-1", "records": records}


def rows(answer: dict[str, str]) -> list[dict[str, Any]]:
    return [orjson.loads(each) for each in base64.b64decode(answer["data"]).splitlines()]


class Firehose:
    """What of boto3's client is called. failing: how many records of a call it does not take."""

    def __init__(self, failing: int = 0) -> None:
        self.failing = failing
        self.calls: list[list[bytes]] = []

    def put_record_batch(self, **given_: Any) -> dict[str, Any]:
        assert given_["DeliveryStreamName"] == "doc-Inference-Lake"
        self.calls.append([each["Data"] for each in given_["Records"]])
        return {"FailedPutCount": self.failing}


@pytest.fixture
def firehose(monkeypatch: pytest.MonkeyPatch) -> Firehose:
    import boto3

    fake = Firehose()
    monkeypatch.setattr(boto3, "client", lambda service: {"firehose": fake}[service])
    return fake


def test_each_record_is_a_row_and_nothing_else_is() -> None:
    lines = [line(1), "START RequestId: 1", line(2), '{"type":"inference_attempt"}', '{"type":"platform.report"}']
    (answer,) = handler(event(payload(lines)), None)["records"]

    assert (answer["recordId"], answer["result"]) == ("0" * 56, "Ok")
    assert base64.b64decode(answer["data"]).endswith(b"}\n")
    found = rows(answer)
    assert [row["transaction_id"] for row in found] == ["id-1", "id-2"]
    assert found[0]["start_at"] == "2026-11-21T12:00:00.001Z"
    assert found[0]["log_stream"] == LOG_STREAM
    assert json.loads(found[0]["request"]) == {"number": 1}
    assert json.loads(found[0]["metrics"])["LatencyMs"] == 20.0


def test_a_record_without_a_usable_start_has_that_of_its_metrics() -> None:
    document = {**orjson.loads(line(1)), "start_at": "soon"}
    (answer,) = handler(event(payload([json.dumps(document)])), None)["records"]
    assert rows(answer)[0]["start_at"] == "2026-11-21T12:00:00.001Z"


@pytest.mark.parametrize("lines", [["START RequestId: 1"], ['{"type":"inference_transaction"}'], []])
def test_what_holds_no_record_is_dropped(lines: list[str]) -> None:
    assert handler(event(payload(lines)), None)["records"] == [{"recordId": "0" * 56, "result": "Dropped"}]


def test_the_trial_message_of_a_new_subscription_is_dropped() -> None:
    answer = handler(event(payload(["checking"], messageType="CONTROL_MESSAGE")), None)
    assert [each["result"] for each in answer["records"]] == ["Dropped"]


def test_a_damaged_record_goes_to_the_error_prefix_and_the_others_into_the_lake() -> None:
    damaged = base64.b64encode(b"no gzip").decode()
    answer = handler(event(payload([line(1)]), damaged, payload([line(2)])), None)
    assert [each["result"] for each in answer["records"]] == ["Ok", "ProcessingFailed", "Ok"]


def test_declared_features_have_columns_and_others_do_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(COLUMNS, "feature_age,category_kind")
    given_ = {"age": 30, "kind": "b", "rooms": 3, "pixels": [1, 2]}
    (answer,) = handler(event(payload([line(1, features=given_)])), None)["records"]

    (row,) = rows(answer)
    assert (row["feature_age"], row["category_kind"]) == (30.0, "b")
    assert json.loads(row["properties"]) == {"features": {"pixels": [1, 2], "rooms": 3}}
    assert to_record({**row, "start_at": NOON, "end_at": NOON})["features"] == given_


@given(st.lists(documents, min_size=1, max_size=5))
@settings(deadline=None)
def test_rows_fit_the_table_and_give_the_records_back(given_: list[dict[str, Any]]) -> None:
    lines = [whole(number, document).decode() for number, document in enumerate(given_)]
    (answer,) = handler(event(payload(lines)), None)["records"]

    for each, sent in zip(rows(answer), lines, strict=True):
        for name, value in each.items():
            assert type(value) is TYPES[GLUE_COLUMNS[name]], name
            if GLUE_COLUMNS[name] == "timestamp":
                assert TIMESTAMP.fullmatch(value)
                each[name] = datetime.fromisoformat(value)
        record = orjson.loads(sent)
        del record["_aws"]
        assert to_record(each) == record


def long(number: int, size: int) -> str:
    """A record with about `size` bytes in its row, which cannot be compressed."""
    return line(number, request={"noise": os.urandom(size // 2).hex()})


def test_what_does_not_fit_beside_the_others_is_put_back_as_it_came(firehose: Firehose) -> None:
    fitting, too_much = (payload([long(each + n, 900_000) for n in range(4)]) for each in (10, 20))
    answer = handler(event(fitting, too_much, payload([line(3)])), None)

    assert [each["result"] for each in answer["records"]] == ["Ok", "Dropped", "Ok"]
    assert len(json.dumps(answer)) < ANSWER_MAX
    assert firehose.calls == [[base64.b64decode(too_much)]]


def test_what_does_not_fit_at_all_is_put_back_in_halves(firehose: Firehose) -> None:
    given_ = payload([long(number, 900_000) for number in range(6)])
    answer = handler(event(given_), None)

    assert [each["result"] for each in answer["records"]] == ["Dropped"]
    ((first, second),) = firehose.calls
    halves = [decoded(base64.b64encode(half)) for half in (first, second)]
    assert halves[0].events + halves[1].events == decoded(given_).events
    assert {half.log_stream for half in halves} == {LOG_STREAM}
    again = handler(event(*(base64.b64encode(half).decode() for half in (first, second))), None)
    assert [each["result"] for each in again["records"]] == ["Ok", "Dropped"]


def test_the_whole_call_fails_where_the_stream_takes_nothing_back(firehose: Firehose) -> None:
    firehose.failing = 1
    with pytest.raises(AwsError, match="doc-Inference-Lake did not take back 1 of 2 records"):
        handler(event(payload([long(number, 900_000) for number in range(6)])), None)


def test_an_event_that_never_fits_does_not_come_again_for_ever(
    firehose: Firehose, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lake_transform, "ANSWER_MAX", 1000)
    with pytest.raises(AwsError, match="does not fit into an answer"):
        handler(event(payload([long(1, 2000)])), None)
    assert firehose.calls == []


def test_no_more_is_put_back_in_one_call_than_it_takes(firehose: Firehose, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lake_transform, "ANSWER_MAX", 4000)
    handler(event(*(payload([long(number, 1200)]) for number in range(10))), None)
    assert [len(call) for call in firehose.calls] == [4, 4, 1]


@pytest.mark.parametrize(
    "printed",
    [
        '"start_at":"0001-01-01T00:00:00Z"',
        '"start_at":"9999-12-31T23:59:59-23:59"',
        '"start_at":null,"_aws":{"Timestamp":-35184372088832}',
        '"start_at":null,"_aws":{"Timestamp":true}',
        '"start_at":"2026-11-21T00:00:00Z","end_at":"9999-12-31T23:59:59-23:59"',
        f'"start_at":"2026-11-21T00:00:00Z","features":{{"a":{"[" * 300}{"]" * 300}}}',
        f'"start_at":"2026-11-21T00:00:00Z","request":{"[" * 1000}{"]" * 1000}',
    ],
)
def test_what_a_model_printed_does_not_take_its_neighbours_along(printed: str) -> None:
    odd = f'{{"type":"inference_transaction","transaction_id":"odd",{printed}}}'
    (answer,) = handler(event(payload([line(1), odd, line(2)])), None)["records"]
    found = rows(answer)
    assert [row["transaction_id"] for row in found if row["transaction_id"] != "odd"] == ["id-1", "id-2"]
    for row in found:
        assert all(TIMESTAMP.fullmatch(row[name]) for name in ("start_at", "end_at") if name in row)
