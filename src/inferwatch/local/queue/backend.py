"""moto's SQS over our messages: moto knows the API and its forms, we keep what is sent."""

from __future__ import annotations

import base64
import re
import time
import uuid
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from moto.sqs.exceptions import InvalidParameterValue, ReceiptHandleIsInvalid, SQSException
from moto.sqs.models import Message as MotoMessage
from moto.sqs.models import Queue as MotoQueue
from moto.sqs.models import SQSBackend, _filter_message_attributes

from inferwatch.local.queue.event import SENDER
from inferwatch.local.queue.message import Message, id_of
from inferwatch.local.queue.messages import Messages
from inferwatch.local.queue.sqs_queue import ACCOUNT, REGION, SqsQueue

MESSAGE_MAX = 1024 * 1024
DELAY_MAX = 900
VISIBILITY_MAX = 43_200
MOVES_KEPT = 10
_WAIT_STEP = 0.25
_FOREIGN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What no message may hold: SQS takes the characters of XML 1.0."""


class Move(NamedTuple):
    """A task that moved dead letters, and is done. source, to: ARNs."""

    source: str
    to: str
    moved: int
    started_ms: int


class Backend(SQSBackend):
    """Both queues, and no others. Beside moto's errors its methods raise StoreError."""

    def __init__(self, messages: Messages, queues: Sequence[SqsQueue], now_ms: Callable[[], int]) -> None:
        super().__init__(REGION, ACCOUNT)
        self._messages = messages
        self._now_ms = now_ms
        self._moves: deque[Move] = deque(maxlen=MOVES_KEPT)
        for queue in reversed(queues):  # a queue's dead-letter queue comes before it
            self.queues[queue.name] = _Queue(queue, messages, self.queues)  # type: ignore[abstract]

    def send_message(  # as moto calls it
        self,
        queue_name: str,
        message_body: str,
        message_attributes: dict[str, Any] | None = None,
        delay_seconds: int | None = None,
        deduplication_id: str | None = None,
        group_id: str | None = None,
        system_attributes: dict[str, Any] | None = None,
        validate_group_id: bool = True,
    ) -> MotoMessage:
        """What is answered is on the disk."""
        queue = self.get_queue(queue_name)
        self._validate_message(queue, message_body, delay_seconds or 0, deduplication_id, group_id)
        said = MotoMessage(str(uuid.uuid4()), message_body, system_attributes)
        said.message_attributes = message_attributes or {}
        sent_ms = self._now_ms()
        size = len(message_body.encode()) + _size(said.message_attributes)
        if size > MESSAGE_MAX:
            raise InvalidParameterValue(
                f"One or more parameters are invalid. Reason: Message must be shorter than {MESSAGE_MAX} bytes."
            )
        self._messages.put(_kept(said, queue_name, sent_ms), delay_seconds or 0)
        return said

    def send_message_batch(
        self, queue_name: str, entries: dict[str, dict[str, Any]]
    ) -> tuple[list[MotoMessage], list[dict[str, Any]]]:
        with self._messages.together():
            sent: tuple[list[MotoMessage], list[dict[str, Any]]] = super().send_message_batch(queue_name, entries)
            return sent

    def receive_message(
        self,
        queue_name: str,
        count: int,
        wait_seconds_timeout: int,
        visibility_timeout: int,
        message_attribute_names: list[str] | None = None,
    ) -> list[MotoMessage]:
        self.get_queue(queue_name)
        end = time.monotonic() + wait_seconds_timeout
        while True:
            taken = self._messages.take(queue_name, count, visibility=visibility_timeout)
            left = end - time.monotonic()
            if taken or left <= 0:
                return [_as_moto(message, message_attribute_names or []) for message in taken]
            self._messages.wait(min(left, _WAIT_STEP))

    def delete_message(self, queue_name: str, receipt_handle: str) -> None:
        self.get_queue(queue_name)
        self._messages.delete(queue_name, _id_of(receipt_handle, queue_name))

    def delete_message_batch(
        self, queue_name: str, receipts: list[dict[str, Any]]
    ) -> tuple[list[str], list[dict[str, str]]]:
        with self._messages.together():
            deleted: tuple[list[str], list[dict[str, str]]] = super().delete_message_batch(queue_name, receipts)
            return deleted

    def change_message_visibility(self, queue_name: str, receipt_handle: str, visibility_timeout: int) -> None:
        self.get_queue(queue_name)
        if not 0 <= int(visibility_timeout) <= VISIBILITY_MAX:
            raise InvalidParameterValue(f"VisibilityTimeout must be between 0 and {VISIBILITY_MAX}.")
        if not self._messages.hide(queue_name, _id_of(receipt_handle, queue_name), int(visibility_timeout)):
            raise ReceiptHandleIsInvalid

    def start_message_move_task(self, source_arn: str, destination_arn: str | None) -> str:
        """Move a dead-letter queue's messages back, at once; gives the task's handle. moto has no such tasks."""
        source = self._by_arn(source_arn)
        feeding = self.list_dead_letter_source_queues(source.name)
        if not feeding:
            raise InvalidParameterValue("Source queue must be configured as a Dead Letter Queue.")
        if destination_arn not in (None, feeding[0].queue_arn):
            raise InvalidParameterValue("Messages are moved back to the queue that they were sent to, and to no other.")
        started_ms = self._now_ms()
        moved = self._messages.move(source.name, feeding[0].name)
        self._moves.appendleft(Move(source.queue_arn, feeding[0].queue_arn, moved, started_ms))
        return str(uuid.uuid4())

    def list_message_move_tasks(self, source_arn: str, most: int) -> list[Move]:
        """The newest first, of those since the start."""
        source = self._by_arn(source_arn)
        return [move for move in self._moves if move.source == source.queue_arn][:most]

    def _by_arn(self, arn: str) -> MotoQueue:
        for queue in self.queues.values():
            if queue.queue_arn == arn:
                return queue
        raise SQSException(
            "ResourceNotFoundException", "The resource that you specified for the SourceArn doesn't exist."
        )

    def purge_queue(self, queue_name: str) -> None:
        self.get_queue(queue_name)
        self._messages.purge(queue_name)

    def _validate_message(
        self,
        queue: MotoQueue,
        message_body: str,
        delay_seconds: int,
        deduplication_id: str | None = None,
        group_id: str | None = None,
        validate_group_id: bool = True,
    ) -> None:
        if not message_body:
            raise InvalidParameterValue("The request must contain a message body of at least one character.")
        if _FOREIGN.search(message_body):
            raise SQSException("InvalidMessageContents", "The message contains characters outside the allowed set.")
        if deduplication_id is not None:
            raise InvalidParameterValue("MessageDeduplicationId is for FIFO queues; this one is a standard queue.")
        if not 0 <= delay_seconds <= DELAY_MAX:
            raise InvalidParameterValue(
                f"Value {delay_seconds} for parameter DelaySeconds is invalid. "
                f"Reason: DelaySeconds must be >= 0 and <= {DELAY_MAX}."
            )


class _Queue(MotoQueue):
    """A queue's attributes. It holds nothing itself."""

    def __init__(self, queue: SqsQueue, messages: Messages, others: dict[str, MotoQueue]) -> None:
        self._kept = messages
        super().__init__(
            queue.name,
            REGION,
            ACCOUNT,
            VisibilityTimeout=queue.visibility,
            MessageRetentionPeriod=queue.retention_ms // 1000,
        )
        self.created_timestamp = self.last_modified_timestamp = int(self.created_timestamp)  # as SQS has them
        if queue.dead_letters is not None:  # moto would look for it among its own queues
            self.dead_letter_queue = others[queue.dead_letters]
            target = self.dead_letter_queue.queue_arn
            self.redrive_policy = {"deadLetterTargetArn": target, "maxReceiveCount": queue.max_receives}

    @property
    def approximate_number_of_messages(self) -> int:
        return self._kept.counts(self.name).visible

    @property
    def approximate_number_of_messages_not_visible(self) -> int:
        return self._kept.counts(self.name).hidden

    @property
    def approximate_number_of_messages_delayed(self) -> int:
        return self._kept.counts(self.name).delayed


def _id_of(handle: str, queue: str) -> str:
    try:
        return id_of(handle, queue)
    except ValueError:
        raise ReceiptHandleIsInvalid from None


def _size(attributes: dict[str, dict[str, Any]]) -> int:
    """Bytes that message attributes take: names, types, values."""
    parts = [(name, value["DataType"], _value(value)) for name, value in attributes.items()]
    return sum(len(part if isinstance(part, bytes) else str(part).encode()) for three in parts for part in three)


def _value(attribute: dict[str, Any]) -> str | bytes:
    value: str | bytes = attribute.get("BinaryValue") or attribute.get("StringValue") or ""
    return value


def _kept(said: MotoMessage, queue: str, sent_ms: int) -> Message:
    attributes: dict[str, dict[str, str]] = {}
    for name, given in said.message_attributes.items():
        value = _value(given)
        form = {"binaryValue": base64.b64encode(value).decode()} if isinstance(value, bytes) else {"stringValue": value}
        attributes[name] = {**form, "dataType": given["DataType"]}
    trace = said.system_attributes.get("AWSTraceHeader")
    return Message(
        id=said.id,
        queue=queue,
        body=said.body,
        attributes=attributes,
        attributes_md5=said.attribute_md5 if attributes else None,
        trace=trace["StringValue"] if trace else None,
        sent_ms=sent_ms,
    )


def _as_moto(message: Message, wanted: list[str]) -> MotoMessage:
    """For the answer to a receive. wanted: names of message attributes, or patterns of SQS's."""
    trace = {"AWSTraceHeader": {"StringValue": message.trace}} if message.trace else {}
    said = MotoMessage(message.id, message.body, trace)
    for name, kept in message.attributes.items():
        value = (
            {"BinaryValue": base64.b64decode(kept["binaryValue"])}
            if "binaryValue" in kept
            else {"StringValue": kept["stringValue"]}
        )
        said.message_attributes[name] = {**value, "DataType": kept["dataType"]}
    _filter_message_attributes(said, wanted)
    said.receipt_handle = message.handle
    said.sender_id = SENDER
    said.sent_timestamp = message.sent_ms  # type: ignore[assignment]
    said.approximate_first_receive_timestamp = message.first_ms
    said.approximate_receive_count = message.receives
    return said
