"""Messages of a queue: each is one inference, and those that did not succeed are told to SQS, which keeps them.

A message that succeeds, or fails at its last try, leaves one record. Any other try leaves a line of type
`inference_attempt`: a refused message is no transaction at all, and one that fails is still to become one.
`inferwatch.serving.aws_lambda` loads this where a spec has a queue, or where messages come.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, NamedTuple

from inferwatch.sdk.attempt import attempt_line
from inferwatch.sdk.ids import ENTROPY_BYTES, transaction_id
from inferwatch.sdk.inference import Inference
from inferwatch.sdk.monitor import Monitor
from inferwatch.serving.deadline import AlarmLimit
from inferwatch.serving.event import Asked
from inferwatch.serving.service import Service
from inferwatch.spec import record

_FIFO = ".fifo"


class Message(NamedTuple):
    """What is read of a message. sent_ms: epoch milliseconds, None where it is not told; receive_count: 1 at first."""

    id: str
    sent_ms: int | None
    receive_count: int
    sender: str | None

    @classmethod
    def of(cls, said: Mapping[str, Any]) -> Message:
        attributes = said.get("attributes") or {}
        return cls(
            str(said.get("messageId")),
            _whole(attributes.get("SentTimestamp")),
            _whole(attributes.get("ApproximateReceiveCount")) or 1,
            attributes.get("SenderId"),
        )

    @property
    def transaction_id(self) -> str | None:
        """The same for each try of the message, so that readers know a redelivery."""
        if self.sent_ms is None:
            return None
        entropy = hashlib.blake2b(self.id.encode(), digest_size=ENTROPY_BYTES).digest()
        return transaction_id(self.sent_ms, entropy)


class Messages:
    """A model's answers to batches of messages. compiled: the compiled spec.

    Without a queue in the spec it is not known which try is the last, so none is taken for it.
    """

    def __init__(self, compiled: Mapping[str, Any], service: Service, monitor: Monitor) -> None:
        self._most = compiled.get("max_receive_count")
        self._high_resolution = compiled.get("high_resolution", ())
        self._service = service
        self._monitor = monitor

    def answer(
        self, event: Mapping[str, Any], remaining_ms: Callable[[], float], request_id: str | None = None
    ) -> dict[str, Any]:
        """Try each message of the batch; the answer names those that failed.

        remaining_ms: what the runtime leaves for all of them. Each may take an equal share of what is left when it
        begins, so that one slow message does not starve those behind it. The messages of a FIFO queue must stay in
        order: behind one that failed none is tried.
        """
        said = event["Records"]
        failed: list[str] = []
        for number, one in enumerate(said):
            message = Message.of(one)
            if self._succeeds(message, one, _share(remaining_ms, len(said) - number), request_id):
                continue
            failed.append(message.id)
            if str(one.get("eventSourceARN")).endswith(_FIFO):
                failed += [Message.of(other).id for other in said[number + 1 :]]
                break
        return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in failed]}

    def _succeeds(self, message: Message, said: Mapping[str, Any], limit: AlarmLimit, request_id: str | None) -> bool:
        dropped = self._monitor.dropped
        with self._monitor.inference(
            request_id=request_id,
            requester={"principal": message.sender} if message.sender else None,
            transaction_id=message.transaction_id,
        ) as inference:
            inference.set(message_id=message.id, receive_count=message.receive_count)
            self._service.infer(Asked(said, "any"), limit, inference)
            self._mark(inference, final=self._most is not None and message.receive_count >= self._most)
        # What left no line did not happen: the message comes back, and so does its inference.
        return inference.status == record.SUCCEEDED and self._monitor.dropped == dropped

    def _mark(self, inference: Inference, *, final: bool) -> None:
        """Say of which kind its line is.

        Lines of attempts are not told apart when a message comes once more than it should: its refusal at the last
        try counts twice if the environment is killed between this line and the answer.
        """
        if inference.status == record.REJECTED or (inference.status != record.SUCCEEDED and not final):
            inference.write_as(partial(attempt_line, final=final, high_resolution=self._high_resolution))


def _share(remaining_ms: Callable[[], float], messages: int) -> AlarmLimit:
    """The limit for the next of so many messages: what is left by then for the others is theirs."""
    others = remaining_ms() * (1 - 1 / messages)
    return AlarmLimit(lambda: remaining_ms() - others)


def _whole(text: Any) -> int | None:
    """SQS's numbers are texts."""
    try:
        return int(text)
    except (TypeError, ValueError):
        return None
