"""Records on their way into the history table: items, batches, what is put off, what is refused."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import boto3
import moto
import pytest
from subscription_payload import LOG_GROUP, payload

from inferwatch.serving import history_writer
from inferwatch.serving.history_writer import NotWritten, build, item, write
from inferwatch.serving.log_events import LogBatch, LogEvent

NOON = 1_795_262_400_000
TABLE = "doc_classification-prod-Inference-History"
ENVIRON = {"INFERWATCH_HISTORY_TABLE": TABLE, "INFERWATCH_HISTORY_DAYS": "30"}
BATCH = LogBatch("111111111111", LOG_GROUP, "stream", ())
EVENT = LogEvent("1", NOON, "")


def record(n: int = 1, **members: Any) -> dict[str, Any]:
    return {
        "_aws": {"Timestamp": NOON, "CloudWatchMetrics": []},
        "type": "inference_transaction",
        "transaction_id": f"01993d2c-0000-7000-8000-{n:012d}",
        "model_version": 3,
        "environment": "prod",
        "start_at": f"2026-11-21T12:00:{n % 60:02d}.125Z",
        "elapse": 12.5,
        "status": "succeeded",
        "confidence": 0.875,
        "prediction": {"label": "invoice"},
        "request": {"text": "Rechnung über 3 €"},
        "LatencyMs": 12.5,
        **members,
    }


def made(**members: Any) -> dict[str, Any]:
    found = item(BATCH, EVENT, record(**members), 30)
    assert found is not None
    return found


class Context:
    """What Lambda tells a function of its time."""

    def get_remaining_time_in_millis(self) -> int:
        return 60_000


class Table:
    """DynamoDB's answers to BatchWriteItem: of each request it puts off as many items as the list says."""

    def __init__(self, *put_off: int) -> None:
        self.put_off = list(put_off)
        self.requests: list[list[str]] = []
        self.waits: list[float] = []

    def batch_write_item(self, **members: Any) -> dict[str, Any]:
        (requests,) = members["RequestItems"].values()
        self.requests.append([each["PutRequest"]["Item"]["transaction_id"]["S"] for each in requests])
        later = requests[len(requests) - self.put_off.pop(0) :] if self.put_off else []
        return {"UnprocessedItems": {TABLE: later} if later else {}}

    def write(self, n: int, seconds: float = 60.0) -> None:
        left = [seconds]

        def sleep(pause: float) -> None:
            self.waits.append(pause)
            left[0] -= pause

        items = [found for i in range(n) if (found := item(BATCH, EVENT, record(i), 30))]
        write(self, TABLE, items, lambda: left[0], sleep, lambda: 1.0)


def test_an_item_has_its_keys_what_is_searched_and_the_whole_record() -> None:
    found = made()

    assert found["transaction_id"] == {"S": "01993d2c-0000-7000-8000-000000000001"}
    assert found["model"] == {"S": "/abc_corp/claim/doc_classification#prod"}
    assert found["start_at"] == {"S": "2026-11-21T12:00:01.125Z"}
    assert found["expires_at"] == {"N": str(NOON // 1000 + 30 * 86_400)}
    assert (found["status"], found["elapse"], found["confidence"]) == (
        {"S": "succeeded"},
        {"N": "12.5"},
        {"N": "0.875"},
    )
    assert found["model_version"] == {"N": "3"}
    whole = record()
    del whole["_aws"]
    assert json.loads(found["record"]["S"]) == whole
    assert "truncated" not in found


@pytest.mark.parametrize("identity", [None, "", 7, "x" * 2049])
def test_without_an_id_there_is_no_item(identity: Any) -> None:
    assert item(BATCH, EVENT, record(transaction_id=identity), 30) is None


@pytest.mark.parametrize("start", [None, "", "yesterday", 1_795_262_400_000, "2026-11-21 12:00:00"])
def test_without_a_time_it_is_found_by_its_id_alone(start: Any) -> None:
    assert "start_at" not in made(start_at=start)


@pytest.mark.parametrize(
    ("name", "value"),
    [("confidence", 1e200), ("confidence", 1e-200), ("elapse", True), ("request_id", "x" * 1025), ("server_id", [1])],
)
def test_what_dynamodb_takes_as_no_attribute_stands_in_the_record_alone(name: str, value: Any) -> None:
    found = made(**{name: value})

    assert name not in found
    assert json.loads(found["record"]["S"])[name] == value


def test_a_version_may_be_text_and_zero_is_a_number() -> None:
    found = made(model_version="2026-11", confidence=0)

    assert (found["model_version"], found["confidence"]) == ({"S": "2026-11"}, {"N": "0"})


def test_a_record_that_is_too_long_for_an_item_keeps_what_is_searched() -> None:
    found = made(request={"text": "ü" * 200_000})

    assert found["truncated"] == {"BOOL": True}
    assert "record" not in found
    assert found["status"] == {"S": "succeeded"}
    assert "record" in made(request={"text": "ü" * 180_000})


def test_items_go_in_batches_as_large_as_dynamodb_takes_them() -> None:
    table = Table()
    table.write(60)

    assert [len(ids) for ids in table.requests] == [25, 25, 10]
    assert len({id for ids in table.requests for id in ids}) == 60


def test_what_is_put_off_is_written_after_a_wait_that_doubles() -> None:
    table = Table(3, 2, 1)
    table.write(4)

    assert [len(ids) for ids in table.requests] == [4, 3, 2, 1]
    assert table.waits == [0.05, 0.1, 0.2]


def test_the_wait_has_an_end() -> None:
    table = Table(*[1] * 9)
    table.write(1)

    assert table.waits[-2:] == [5.0, 5.0]


def test_what_is_still_put_off_when_time_is_up_is_an_error_so_that_lambda_tries_again() -> None:
    table = Table(0, *[5] * 100)

    with pytest.raises(NotWritten, match=f"DynamoDB took 45 of 60 items of {TABLE} in time"):
        table.write(60, seconds=4.0)
    assert len(table.requests) < 10


@pytest.fixture
def dynamodb(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.setenv(name, "testing")
    with moto.mock_aws():
        client = boto3.client("dynamodb", region_name="eu-central-1")
        text = [{"AttributeName": name, "AttributeType": "S"} for name in ("transaction_id", "model", "start_at")]
        client.create_table(
            TableName=TABLE,
            AttributeDefinitions=text,
            KeySchema=[{"AttributeName": "transaction_id", "KeyType": "HASH"}],
            GlobalSecondaryIndexes=[
                {
                    "IndexName": "by-model-and-time",
                    "KeySchema": [
                        {"AttributeName": "model", "KeyType": "HASH"},
                        {"AttributeName": "start_at", "KeyType": "RANGE"},
                    ],
                    "Projection": {"ProjectionType": "ALL"},
                }
            ],
            BillingMode="PAY_PER_REQUEST",
        )
        yield client


def sent(dynamodb: Any, *lines: Any) -> None:
    """Hand the lines to the writer as a subscription would."""
    messages = [line if isinstance(line, str) else json.dumps(line) for line in lines]
    build(ENVIRON, dynamodb)({"awslogs": {"data": payload(messages)}}, Context())


def test_a_batch_is_found_by_id_and_by_model_and_time(dynamodb: Any) -> None:
    sent(dynamodb, *(record(n) for n in range(40)), "not ours", {"type": "platform.report"})

    key = {"transaction_id": {"S": record(7)["transaction_id"]}}
    found = dynamodb.get_item(TableName=TABLE, Key=key)["Item"]
    assert json.loads(found["record"]["S"])["request"] == {"text": "Rechnung über 3 €"}
    answer = dynamodb.query(
        TableName=TABLE,
        IndexName="by-model-and-time",
        KeyConditionExpression="#m = :m AND start_at BETWEEN :a AND :b",
        ExpressionAttributeNames={"#m": "model"},
        ExpressionAttributeValues={
            ":m": {"S": f"{LOG_GROUP}#prod"},
            ":a": {"S": "2026-11-21T12:00:10"},
            ":b": {"S": "2026-11-21T12:00:20"},
        },
    )
    assert [each["start_at"]["S"][17:19] for each in answer["Items"]] == [str(n) for n in range(10, 20)]
    assert dynamodb.scan(TableName=TABLE)["Count"] == 40


def test_the_same_batch_again_and_an_id_twice_in_it_are_one_item(dynamodb: Any) -> None:
    for _ in range(2):
        sent(dynamodb, record(1, status="failed"), record(1), record(2))

    items = dynamodb.scan(TableName=TABLE)["Items"]
    assert sorted((each["transaction_id"]["S"][-1], each["status"]["S"]) for each in items) == [
        ("1", "succeeded"),
        ("2", "succeeded"),
    ]


def test_a_record_without_an_id_is_told_and_the_others_are_written(
    dynamodb: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    sent(dynamodb, record(transaction_id=""), record(2))

    assert dynamodb.scan(TableName=TABLE)["Count"] == 1
    assert "having no transaction_id" in capsys.readouterr().err


def test_the_trial_message_writes_nothing(dynamodb: Any) -> None:
    data = payload(["checking"], messageType="CONTROL_MESSAGE")

    build(ENVIRON, dynamodb)({"awslogs": {"data": data}}, Context())

    assert dynamodb.scan(TableName=TABLE)["Count"] == 0


def test_what_is_no_batch_fails_so_that_it_is_kept(dynamodb: Any) -> None:
    with pytest.raises(ValueError, match="no batch of log events"):
        build(ENVIRON, dynamodb)({"awslogs": {"data": "AAAA"}}, Context())


def test_the_handler_is_made_of_the_functions_environment(dynamodb: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    for name, value in ENVIRON.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delitem(vars(history_writer), "handler", raising=False)

    history_writer.handler({"awslogs": {"data": payload([json.dumps(record())])}}, Context())
    monkeypatch.delitem(vars(history_writer), "handler")

    assert dynamodb.scan(TableName=TABLE)["Count"] == 1


@pytest.mark.parametrize("depth", [254, 1000])
def test_a_record_deeper_than_can_be_written_again_is_no_trouble_for_its_batch(depth: int) -> None:
    deep = record()
    for _ in range(depth):
        deep["request"] = [deep["request"]]
    found = item(BATCH, EVENT, deep, 30)
    assert found is not None
    assert json.loads(found["record"]["S"])["transaction_id"] == deep["transaction_id"]


def test_an_environment_that_a_model_printed_makes_no_key_that_is_too_long() -> None:
    key = made(environment="\N{GRINNING FACE}" * 1024)["model"]["S"]
    assert key.startswith(f"{LOG_GROUP}#\N{GRINNING FACE}")
    assert len(key.encode()) <= 2048
