"""An account of AWS's in memory, and a model that logs into it: moto's, and what moto lacks of logs and metrics."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any
from unittest import mock

import insights_model
from botocore.client import BaseClient
from botocore.exceptions import ClientError
from moto import mock_aws
from moto.cloudwatch.models import Statistics
from moto.logs.models import LogsBackend

from inferwatch.aws.site import open_site
from inferwatch.spec.monitor_spec import MonitorSpec

REGION = "eu-central-1"
_ENVIRON = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_SESSION_TOKEN": "testing",
    "AWS_CONFIG_FILE": "/dev/null",
    "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_DEFAULT_REGION": REGION,
}
_UNSET = ("AWS_PROFILE", "AWS_REGION", "AWS_ENDPOINT_URL")


@contextmanager
def account() -> Iterator[None]:
    """An empty account: calls of boto3 stay in this process, and no credentials but dummies are seen."""
    with (
        mock.patch.dict("os.environ", _ENVIRON),
        mock_aws(),
        mock.patch("moto.logs.models.execute_query", insights_model.execute_query),
        mock.patch.object(LogsBackend, "start_query", _start_query),
        mock.patch.object(Statistics, "get_statistics_for_type", _statistic),
    ):
        for name in _UNSET:
            os.environ.pop(name, None)
        yield


_MOTOS_OWN = Statistics.get_statistics_for_type
_MOTOS_START = LogsBackend.start_query


def _statistic(self: Statistics, stat: str) -> Any:
    """moto's statistics, and percentiles by nearest rank, which it lacks."""
    if not stat.startswith("p"):
        return _MOTOS_OWN(self, stat)
    values = sorted(self.metric_single_values_list)
    return values[max(0, math.ceil(float(stat[1:]) / 100 * len(values)) - 1)] if values else None


def _start_query(self: LogsBackend, log_group_names: list[str] | None, *rest: Any) -> str:
    """moto's, and SOURCE, which it does not know."""
    prefixes = insights_model.prefixes(rest[-1])
    assert bool(log_group_names) != bool(prefixes), "StartQuery takes either log groups or SOURCE"
    named = log_group_names or [name for name in self.groups if name.startswith(prefixes)]
    return str(_MOTOS_START(self, named, *rest))


@contextmanager
def answering(**replies: Callable[[dict[str, Any]], Any]) -> Iterator[None]:
    """Let a function answer an operation, `GetMetricData` and the like, in moto's place. It is given what was asked.

    What it raises the caller gets; `refused` makes what AWS refuses with. None leaves the answer to moto.
    """
    moto = BaseClient._make_api_call

    def answer(client: BaseClient, operation: str, asked: dict[str, Any]) -> Any:
        reply = replies[operation](asked) if operation in replies else None
        return moto(client, operation, asked) if reply is None else reply

    with mock.patch.object(BaseClient, "_make_api_call", answer):
        yield


def refused(operation: str, code: str, message: str = "no") -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": message}}, operation)


class Cloud:
    """The logs and metrics of one model in the account."""

    def __init__(self, spec: MonitorSpec) -> None:
        self.site = open_site(spec, REGION)
        self._logs = self.site.session.client("logs")
        self._cloudwatch = self.site.session.client("cloudwatch")
        self._groups: set[str] = set()
        self._streams: set[tuple[str, str]] = set()
        self._waiting: dict[str, list[dict[str, Any]]] = {}

    def put(self, lines: Iterable[bytes], stream: str = "2026/11/21/fn[1]abc", group: str | None = None) -> None:
        """Log the lines: a record's time is its end, as Lambda writes it then, and its metrics are taken from it."""
        group = group or self.site.names.log_group
        events = [{"timestamp": _time_ms(line), "message": line.decode().rstrip("\n")} for line in lines]
        self._open(group, stream)
        events.sort(key=lambda event: event["timestamp"])
        for at in range(0, len(events), 1000):
            self._logs.put_log_events(logGroupName=group, logStreamName=stream, logEvents=events[at : at + 1000])
        for event in events:
            document = _document(event["message"])
            self._embedded(document)
            self._reported(document, event["timestamp"])
        self._flush()

    def count(self, namespace: str, metric: str, dimensions: dict[str, str], at_ms: int, *values: float) -> None:
        """A metric that no line carries: what Lambda counts itself, say."""
        self._measured(namespace, metric, dimensions, at_ms, values)
        self._flush()

    def _measured(
        self, namespace: str, metric: str, dimensions: dict[str, str], at_ms: int, values: Sequence[float]
    ) -> None:
        named = [{"Name": name, "Value": value} for name, value in dimensions.items()]
        at = datetime.fromtimestamp(at_ms / 1000, UTC)
        data = {"MetricName": metric, "Dimensions": named, "Timestamp": at, "Values": list(values)}
        self._waiting.setdefault(namespace, []).append(data)

    def _flush(self) -> None:
        for namespace, data in self._waiting.items():
            for at in range(0, len(data), 1000):
                self._cloudwatch.put_metric_data(Namespace=namespace, MetricData=data[at : at + 1000])
        self._waiting.clear()

    def make_log_group(self, group: str) -> None:
        """An empty one. `put` makes one where there is none."""
        self._groups.add(group)
        self._logs.create_log_group(logGroupName=group)

    def _open(self, group: str, stream: str) -> None:
        if group not in self._groups:
            self.make_log_group(group)
        if (group, stream) not in self._streams:
            self._logs.create_log_stream(logGroupName=group, logStreamName=stream)
            self._streams.add((group, stream))

    def _embedded(self, document: dict[str, Any]) -> None:
        """Embedded metrics, as the specification of the format has them."""
        directive = document.get("_aws", {})
        for part in directive.get("CloudWatchMetrics", ()):
            for keys in part["Dimensions"]:
                dimensions = {key: document[key] for key in keys}
                for metric in part["Metrics"]:
                    value = document[metric["Name"]]
                    values = value if isinstance(value, list) else [value]
                    self._measured(part["Namespace"], metric["Name"], dimensions, directive["Timestamp"], values)

    def _reported(self, document: dict[str, Any], at_ms: int) -> None:
        """What metric filters take from the runtime's report: no dimensions, a namespace of the model's own."""
        if document.get("type") != "platform.report":
            return
        identity = self.site.spec.identity
        namespace = f"{identity.metric_namespace}/{identity.model_name}/{identity.environment}"
        taken = {"maxMemoryUsedMB": "MaxMemoryUsedMB", "initDurationMs": "InitDurationMs"}
        for member, metric in taken.items():
            if member in document["record"].get("metrics", ()):
                self._measured(namespace, metric, {}, at_ms, [document["record"]["metrics"][member]])


def _document(message: str) -> dict[str, Any]:
    try:
        found = json.loads(message)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _time_ms(line: bytes) -> int:
    """When a line was written: an inference's end, an event's own time, else the present."""
    document = _document(line.decode())
    written = document.get("end_at") or document.get("time")
    at = datetime.fromisoformat(written) if written else datetime.now(UTC)
    return round(at.timestamp() * 1000)
