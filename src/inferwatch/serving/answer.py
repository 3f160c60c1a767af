"""What the service says back: a status, a JSON body, headers. Errors have one shape.

`{"error": {"type", "message", "expected"?}, "transaction_id"?}`
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import orjson

_LONGEST_ESCAPE = 12
"""Bytes of one character that JSON in ASCII writes as two escapes."""


class Answer(NamedTuple):
    """An answer before it takes the form that its transport wants. body: None for an empty one."""

    status: int
    body: dict[str, Any] | None = None
    headers: Mapping[str, str] = {}

    def encoded(self) -> str:
        return "" if self.body is None else orjson.dumps(self.body).decode()

    def fits(self, most: float) -> bool:
        """Whether the body takes at most so many bytes as text within JSON, in which form a function returns it."""
        text = self.encoded()
        if len(text) * _LONGEST_ESCAPE <= most:
            return True
        import json

        return len(json.dumps(text)) <= most

    def for_gateway(self, headers: Mapping[str, str]) -> dict[str, Any]:
        """The form in which API Gateway takes it, REST and HTTP API alike. headers: added to the answer's own."""
        content = {} if self.body is None else {"Content-Type": "application/json"}
        return {
            "statusCode": self.status,
            "headers": {**content, **headers, **self.headers},
            "body": self.encoded(),
            "isBase64Encoded": False,
        }


def error(status: int, kind: str, message: str, **members: Any) -> Answer:
    """An error answer. members: further members of the `error` object; those that are None are left out."""
    said = {name: value for name, value in members.items() if value is not None}
    return Answer(status, {"error": {"type": kind, "message": message, **said}})


def traced(answer: Answer, transaction_id: str) -> Answer:
    """The same answer with the id of the record that tells more."""
    return answer._replace(body={**(answer.body or {}), "transaction_id": transaction_id})
