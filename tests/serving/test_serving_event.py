from __future__ import annotations

import base64
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inferwatch.serving.event import body_of, http_event, http_request, is_http


def rest_event(**more: Any) -> dict[str, Any]:
    """As API Gateway's REST API sends it (payload 1.0): headers as the client wrote them, null for what is absent."""
    return {
        "resource": "/predict",
        "path": "/predict",
        "httpMethod": "POST",
        "headers": {"Content-Type": "application/json", "Origin": "https://app.example.com"},
        "queryStringParameters": None,
        "requestContext": {
            "identity": {
                "sourceIp": "203.0.113.9",
                "userArn": "arn:aws:iam::123456789012:user/alice",
                "apiKeyId": None,
            },
            "stage": "prod",
        },
        "body": '{"a": 1}',
        "isBase64Encoded": False,
        **more,
    }


def test_a_rest_event_is_read() -> None:
    request = http_request(rest_event())
    assert request.method == "POST"
    assert request.path == "/predict"
    assert request.origin == "https://app.example.com"
    assert request.requester == {"principal": "arn:aws:iam::123456789012:user/alice", "ip": "203.0.113.9"}


def test_an_http_api_event_is_read() -> None:
    event = http_event(
        "POST", "/prod/predict", [("Origin", "https://x.test")], b"{}", source_ip="198.51.100.7", now_ms=0
    )
    request = http_request(event)
    assert (request.method, request.path, request.origin) == ("POST", "/prod/predict", "https://x.test")
    assert request.requester == {"ip": "198.51.100.7"}


@pytest.mark.parametrize(
    ("context", "principal"),
    [
        ({"authorizer": {"iam": {"userArn": "arn:role"}}}, "arn:role"),
        ({"authorizer": {"jwt": {"claims": {"sub": "u-1"}}}}, "u-1"),
        ({"authorizer": {"lambda": {"principalId": "p"}}}, "p"),
        ({"authorizer": {"principalId": "p1"}}, "p1"),
        ({"authorizer": {"claims": {"sub": "c"}}}, "c"),
        ({"identity": {"userArn": None, "apiKeyId": "k1"}}, "k1"),
    ],
)
def test_the_principal_is_found_wherever_the_authorizer_puts_it(context: dict[str, Any], principal: str) -> None:
    assert http_request({"requestContext": context}).requester == {"principal": principal}


def test_an_event_without_anything_known_has_no_requester() -> None:
    request = http_request({"httpMethod": "get", "headers": None, "requestContext": None})
    assert request == ("GET", "/", None, None, "")


def test_anything_else_is_a_direct_invocation() -> None:
    assert not is_http({"pixels": [1]})
    assert not is_http([1])
    assert not is_http(None)


def test_a_body_that_is_no_base64_is_a_value_error() -> None:
    with pytest.raises(ValueError, match=r"base64|padding|character"):
        body_of({"body": "%%%", "isBase64Encoded": True})


def test_no_body_is_an_empty_one() -> None:
    assert body_of({"body": None}) == b""


@given(st.binary(), st.sampled_from(["", "application/json", "text/csv", "image/png", "application/x-npy"]))
def test_a_made_event_carries_its_body(body: bytes, content_type: str) -> None:
    headers = [("Content-Type", content_type)] if content_type else []
    event = http_event("POST", "/predict", headers, body, now_ms=0)
    assert body_of(event) == body


def test_text_travels_as_text_and_the_rest_in_base64() -> None:
    as_json = http_event("POST", "/predict", [("content-type", "application/json; charset=utf-8")], b"{}", now_ms=0)
    as_image = http_event("POST", "/predict", [("content-type", "image/png")], b"{}", now_ms=0)
    assert (as_json["isBase64Encoded"], as_json["body"]) == (False, "{}")
    assert (as_image["isBase64Encoded"], as_image["body"]) == (True, base64.b64encode(b"{}").decode())


def test_repeated_headers_and_query_members_are_joined_and_the_time_is_utc() -> None:
    event = http_event("GET", "/ping", [("A", "1"), ("a", "2")], b"", query="q=1&q=2&r=", now_ms=1_700_000_000_123)
    assert event["headers"] == {"a": "1,2"}
    assert event["queryStringParameters"] == {"q": "1,2", "r": ""}
    assert event["requestContext"]["time"] == "14/Nov/2023:22:13:20 +0000"
    assert event["requestContext"]["timeEpoch"] == 1_700_000_000_123
