from __future__ import annotations

import hashlib
from typing import Any

import orjson
import pytest

from inferwatch.local.queue.batch_response import failed_ids
from inferwatch.local.queue.event import event
from inferwatch.local.queue.message import Message

MESSAGE = Message(
    id="059f36b4-87a3-44ab-83d2-661975830a7d",
    queue="echo-Inference-Queue",
    body='{"payload": "1,2"}',
    attributes={
        "source": {"stringValue": "crm", "dataType": "String"},
        "digest": {"binaryValue": "AAE=", "dataType": "Binary"},
    },
    attributes_md5="e4e68fb7bd0e697a0ae8f1bb342846b3",
    sent_ms=1_545_082_649_183,
    receives=2,
    first_ms=1_545_082_649_185,
)


def test_the_event_is_lambdas() -> None:
    """The sample event of Lambda's guide has these members and no others."""
    assert event([MESSAGE]) == {
        "Records": [
            {
                "messageId": "059f36b4-87a3-44ab-83d2-661975830a7d",
                "receiptHandle": MESSAGE.handle,
                "body": '{"payload": "1,2"}',
                "attributes": {
                    "ApproximateReceiveCount": "2",
                    "SentTimestamp": "1545082649183",
                    "SenderId": "local",
                    "ApproximateFirstReceiveTimestamp": "1545082649185",
                },
                "messageAttributes": {
                    "source": {
                        "stringValue": "crm",
                        "stringListValues": [],
                        "binaryListValues": [],
                        "dataType": "String",
                    },
                    "digest": {
                        "binaryValue": "AAE=",
                        "stringListValues": [],
                        "binaryListValues": [],
                        "dataType": "Binary",
                    },
                },
                "md5OfBody": hashlib.md5(b'{"payload": "1,2"}').hexdigest(),
                "md5OfMessageAttributes": "e4e68fb7bd0e697a0ae8f1bb342846b3",
                "eventSource": "aws:sqs",
                "eventSourceARN": "arn:aws:sqs:local:000000000000:echo-Inference-Queue",
                "awsRegion": "local",
            }
        ]
    }


@pytest.mark.parametrize(
    ("said", "failed"),
    [
        (None, ""),
        ({}, ""),
        ({"batchItemFailures": []}, ""),
        ({"batchItemFailures": None}, ""),
        ({"batchItemFailures": [{"itemIdentifier": "b"}]}, "b"),
        ({"batchItemFailures": [{"itemIdentifier": "b"}, {"itemIdentifier": "b"}, {"itemIdentifier": "c"}]}, "bc"),
        ({"batchItemFailures": [{"itemIdentifier": ""}]}, "abc"),
        ({"batchItemFailures": [{"itemIdentifier": None}]}, "abc"),
        ({"batchItemFailures": [{"itemIdentifier": 1}]}, "abc"),
        ({"batchItemFailures": [{"messageId": "b"}]}, "abc"),
        ({"batchItemFailures": ["b"]}, "abc"),
        ({"batchItemFailures": "b"}, "abc"),
        ({"batchItemFailures": [{"itemIdentifier": "d"}]}, "abc"),
        (["b"], "abc"),
        ("done", "abc"),
    ],
)
def test_what_failed_of_a_batch(said: Any, failed: str) -> None:
    assert failed_ids(orjson.dumps(said), "abc") == frozenset(failed)


@pytest.mark.parametrize("payload", [b"", b"{", b'{"batchItemFailures": [}'])
def test_an_answer_that_is_no_json_is_a_failure_of_all(payload: bytes) -> None:
    assert failed_ids(payload, "abc") == frozenset("abc")
