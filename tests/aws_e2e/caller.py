"""Who calls the deployed model, as a client that knows nothing of InferWatch."""

from __future__ import annotations

import http.client
import json
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import boto3
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest


class Answer(NamedTuple):
    """headers: by their names in lower case; document: the body's JSON."""

    status: int
    headers: dict[str, str]
    document: Any


def post(url: str, body: Any, *, method: str = "POST", **headers: str) -> Answer:
    """Send `body`, as JSON unless it is bytes. Underscores in the names of headers become hyphens."""
    address = urlsplit(url)
    named = {"content-type": "application/json", **{name.replace("_", "-"): value for name, value in headers.items()}}
    connection = http.client.HTTPConnection(address.netloc, timeout=20)
    try:
        connection.request(method, address.path, _encoded(body), named)
        answer = connection.getresponse()
        said = {name.lower(): value for name, value in answer.getheaders()}
        return Answer(answer.status, said, json.loads(answer.read() or b"null"))
    finally:
        connection.close()


def post_signed(session: boto3.Session, url: str, body: Any) -> Answer:
    """POST, signed for API Gateway with the session's credentials."""
    request = AWSRequest("POST", url, {"content-type": "application/json"}, _encoded(body))
    SigV4Auth(session.get_credentials(), "execute-api", session.region_name).add_auth(request)
    return post(url, body, **dict(request.headers))


def _encoded(body: Any) -> bytes:
    return body if isinstance(body, bytes) else json.dumps(body).encode()
