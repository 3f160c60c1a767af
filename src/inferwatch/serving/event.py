"""Events as AWS hands them to a function: API Gateway's REST (v1) and HTTP (v2) forms, read and made, and a queue's."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from typing import Any, Literal, NamedTuple

QUEUE_SOURCE = "aws:sqs"
"""The `eventSource` of a queue's messages."""

# HTTP APIs pass these as text and everything else in base64.
_TEXT_TYPES = ("text/", "application/json", "application/javascript", "application/xml")


class Asked(NamedTuple):
    """What an inference is asked with. event: as it came; form: of its `body`, "any" where nothing says which.

    Without a form, the event has no body but is the request itself.
    """

    event: Any
    form: Literal["json", "csv", "any"] | None = None


class HttpRequest(NamedTuple):
    """What the service needs of an event. requester: principal and ip, those that are known."""

    method: str
    path: str
    origin: str | None
    requester: dict[str, str] | None
    content_type: str = ""

    def asked(self, event: dict[str, Any]) -> Asked:
        return Asked(event, "csv" if self.content_type.partition(";")[0].strip().lower() == "text/csv" else "json")


def is_queue(event: Any) -> bool:
    """Whether `event` is messages of a queue."""
    if not isinstance(event, dict) or not isinstance(records := event.get("Records"), list):
        return False
    return bool(records) and all(isinstance(one, dict) and one.get("eventSource") == QUEUE_SOURCE for one in records)


def is_http(event: Any) -> bool:
    """Whether API Gateway made `event`. Any other event is the request itself (a direct invocation)."""
    return isinstance(event, dict) and ("httpMethod" in event or "requestContext" in event)


def http_request(event: dict[str, Any]) -> HttpRequest:
    """Method, path, origin and requester of an event of either form."""
    context = _table(event, "requestContext")
    http = _table(context, "http")
    headers = {str(name).lower(): value for name, value in _table(event, "headers").items()}
    return HttpRequest(
        method=str(http.get("method") or event.get("httpMethod") or "").upper(),
        path=str(event.get("rawPath") or event.get("path") or "/"),
        origin=headers.get("origin"),
        requester=_requester(context, http),
        content_type=str(headers.get("content-type") or ""),
    )


def body_of(event: dict[str, Any]) -> bytes:
    """The body's bytes, empty if there is none. Raises ValueError for base64 that is none."""
    body = event.get("body") or ""
    if event.get("isBase64Encoded"):
        import base64  # as little as it takes, it is billed at every cold start, and bodies are text mostly

        return base64.b64decode(body, validate=True)
    return str(body).encode()


def http_event(
    method: str,
    path: str,
    headers: Iterable[tuple[str, str]],
    body: bytes,
    *,
    query: str = "",
    source_ip: str = "",
    request_id: str = "",
    now_ms: int,
) -> dict[str, Any]:
    """The v2 event that an HTTP API makes of a request."""
    import base64

    joined: dict[str, str] = {}
    for name, value in headers:
        lower = name.lower()
        joined[lower] = f"{joined[lower]},{value}" if lower in joined else value
    text = _as_text(body, joined.get("content-type", ""))
    seconds = time.gmtime(now_ms // 1000)
    event: dict[str, Any] = {
        "version": "2.0",
        "routeKey": f"{method} {path}",
        "rawPath": path,
        "rawQueryString": query,
        "headers": joined,
        "requestContext": {
            "apiId": "local",
            "http": {
                "method": method,
                "path": path,
                "protocol": "HTTP/1.1",
                "sourceIp": source_ip,
                "userAgent": joined.get("user-agent", ""),
            },
            "requestId": request_id,
            "routeKey": f"{method} {path}",
            "stage": "$default",
            "time": time.strftime("%d/%b/%Y:%H:%M:%S +0000", seconds),
            "timeEpoch": now_ms,
        },
        "body": base64.b64encode(body).decode() if text is None else text,
        "isBase64Encoded": text is None,
    }
    if query:
        event["queryStringParameters"] = _joined_query(query)
    return event


def _as_text(body: bytes, content_type: str) -> str | None:
    if content_type and not content_type.lower().startswith(_TEXT_TYPES):
        return None
    try:
        return body.decode()
    except UnicodeDecodeError:
        return None


def _joined_query(query: str) -> dict[str, str]:
    from urllib.parse import parse_qsl  # two milliseconds of a cold start, and on AWS the query comes parsed

    joined: dict[str, str] = {}
    for name, value in parse_qsl(query, keep_blank_values=True):
        joined[name] = f"{joined[name]},{value}" if name in joined else value
    return joined


def _requester(context: dict[str, Any], http: dict[str, Any]) -> dict[str, str] | None:
    """Who asked, from the places where the two forms keep it: IAM, a JWT, an authorizer function, an API key."""
    identity, authorizer = _table(context, "identity"), _table(context, "authorizer")
    principal = (
        _table(authorizer, "iam").get("userArn")
        or identity.get("userArn")
        or authorizer.get("principalId")
        or _table(authorizer, "lambda").get("principalId")
        or _table(_table(authorizer, "jwt"), "claims").get("sub")
        or _table(authorizer, "claims").get("sub")
        or identity.get("apiKeyId")
    )
    known = {"principal": principal, "ip": http.get("sourceIp") or identity.get("sourceIp")}
    return {name: str(value) for name, value in known.items() if value} or None


def _table(event: Mapping[str, Any], name: str) -> dict[str, Any]:
    """A member that is an object, or an empty one: API Gateway writes null for what it does not have."""
    value = event.get(name)
    return value if isinstance(value, dict) else {}
