"""Why CloudWatch makes no metrics of a log line: it says so to nobody."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from inferwatch.aws.json_object import json_object
from inferwatch.cloudwatch.address import address, named
from inferwatch.spec import record
from inferwatch.spec.monitor_spec import MonitorSpec
from inferwatch.store.streams import emf


class LogEvent(NamedTuple):
    """An event of CloudWatch Logs. at_ms: the time it says it has; ingested_ms: when CloudWatch took it."""

    at_ms: int
    ingested_ms: int
    message: str
    stream: str = ""

    @property
    def document(self) -> dict[str, Any]:
        """The message's JSON object, empty where it is none."""
        return json_object(self.message)


def faults(event: LogEvent, spec: MonitorSpec) -> Iterator[str]:
    """What is wrong with the metrics that the event should carry, the first cause first; nothing where all is well."""
    document = event.document
    if not document:
        yield "the line is no JSON object: it was cut, or something else was printed into it"
        return
    if not isinstance(document.get("_aws"), dict):
        yield from _no_directive(document)
        return
    extracted = emf.extract(document)
    if extracted.skipped:
        yield f"{extracted.skipped} metrics, dimension sets or directives are not valid, and were skipped"
    if not extracted.samples:
        return
    if event.ingested_ms - extracted.at_ms > emf.OLDEST_MS:
        yield "the Timestamp is more than 14 days before it was logged, so no metric was taken"
    if extracted.at_ms - event.ingested_ms > emf.NEWEST_MS:
        yield "the Timestamp is more than 2 hours after it was logged, so no metric was taken: a wrong clock"
    yield from _elsewhere(extracted.samples, spec)


def _no_directive(document: dict[str, Any]) -> Iterator[str]:
    message = document.get("message")
    if isinstance(message, dict) or (isinstance(message, str) and message.startswith('{"_aws"')):
        yield "the record stands inside another object, so a logger wrapped it: it must be printed as it is"
    else:
        yield "the _aws member is missing, so nothing says that it carries metrics"


def _elsewhere(samples: list[emf.Sample], spec: MonitorSpec) -> Iterator[str]:
    wanted = address(spec, record.INVOCATIONS)
    namespaces = {sample.series.namespace for sample in samples}
    if wanted.namespace not in namespaces:
        found = ", ".join(sorted(namespaces))
        yield f"the metrics are in the namespace {found}, and the spec's is {wanted.namespace}: an older spec?"
    elif emf.dimensions(wanted.dimensions) not in {sample.series.dimensions for sample in samples}:
        found, expected = named(dict(samples[0].series.dimensions)) or "none", named(wanted.dimensions)
        yield f"the dimensions are {found}, and the spec's are {expected}: an older spec, or another environment?"
