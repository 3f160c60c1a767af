"""A message as it lies in a queue, and the handle by which who received it speaks of it."""

from __future__ import annotations

import base64

import msgspec

_FIELDS_OF_A_HANDLE = 3


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """Times are epoch milliseconds.

    queue: name of the queue where it lies; attributes: the message attributes as Lambda writes them into an event
    (`dataType`, `stringValue`, `binaryValue` in base64); attributes_md5: of SQS's reckoning, None without attributes;
    trace: the value of AWSTraceHeader; receives: how often it was received, this time included; first_ms: when first.
    """

    id: str
    queue: str
    body: str
    attributes: dict[str, dict[str, str]]
    attributes_md5: str | None = None
    trace: str | None = None
    sent_ms: int
    receives: int = 0
    first_ms: int | None = None

    @property
    def handle(self) -> str:
        """Names the message and which of its receives this is; opaque to who gets it."""
        return base64.urlsafe_b64encode(f"{self.queue} {self.id} {self.receives}".encode()).decode()


def id_of(handle: str, queue: str) -> str:
    """The message that a handle names; any handle that it ever had in `queue` does. Raises ValueError for no handle."""
    try:
        fields = base64.urlsafe_b64decode(handle).decode().split(" ")
    except ValueError:
        fields = []
    if len(fields) != _FIELDS_OF_A_HANDLE or fields[0] != queue:
        raise ValueError(f"{handle!r} is no receipt handle of {queue}")
    return fields[1]
