"""A model on AWS behind the page: a quarter of an hour of traffic, in an account in memory. Times: epoch ms."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from aws_world import REGION, Cloud, account, answering

from inferwatch.aws.patience import Patience
from inferwatch.cli.aws_sources import aws_sources
from inferwatch.cloudwatch.alarms import alarm_properties
from inferwatch.sdk import Monitor
from inferwatch.spec import load_spec
from inferwatch.web import Sessions, Sources

MINUTE = 60_000
REFRESH_MS = 60_000
TOPIC = f"arn:aws:sns:{REGION}:123456789012:digits-Inference-Alarms"
ALARM = "Low-Probability-Alarm"
SPEC = """
[model]
namespace = "/demo/vision"
name = "digits"
confidence_scale = 1

[features]
pixels = "number[4]"

[dashboard]
title = "Digits on AWS"
"""


class AwsPage:
    """What the `Server` of web_world serves. now: stands still unless it is set; billed: metrics that GetMetricData was
    asked for; searches: of the log.
    """

    def __init__(self, folder: Path) -> None:
        (folder / "inferwatch.toml").write_text(SPEC)
        self.spec = load_spec(folder, environ={})
        self.cloud = Cloud(self.spec)
        self.sessions = Sessions(lambda _: None)
        self.billed = 0
        self.periods: set[int] = set()
        self.searches = 0
        self.broken: dict[str, Exception] = {}
        self.now = time.time_ns() // 1_000_000 // MINUTE * MINUTE + 5_000
        patience = Patience(lambda: self.now, lambda _: None)
        self.sources: Sources = aws_sources(self.cloud.site, REFRESH_MS, patience)
        self.start = self.now - 15 * MINUTE
        self._changed: list[tuple[int, str, str]] = []

    def fill(self) -> None:
        """An inference every five seconds, one of which fails, and an alarm that came and went."""
        lines: list[bytes] = []
        monitor = Monitor(self.spec.compile(), lines.append)
        for at in range(self.start, self.start + 15 * MINUTE, 5000):
            monitor.record(start_ms=at, elapse=20.0 + at % 7, confidence=0.9, prediction=3, request={"pixels": [0, 1]})
        error = {"type": "ValueError", "message": "shapes do not match"}
        monitor.record(start_ms=self.start + 10 * MINUTE, elapse=5.0, status="failed", error=error)
        self.cloud.put(lines)
        cloudwatch = self.cloud.site.session.client("cloudwatch")
        for alarm in self.spec.alarms:
            cloudwatch.put_metric_alarm(**alarm_properties(self.spec, alarm, actions=[TOPIC]))
            name = self.cloud.site.names.alarm(alarm.name)
            cloudwatch.set_alarm_state(AlarmName=name, StateValue="OK", StateReason="Threshold not crossed")
        self._changed = [(self.start + 4 * MINUTE, "OK", "ALARM"), (self.start + 7 * MINUTE, "ALARM", "OK")]

    @contextmanager
    def answering(self) -> Iterator[None]:
        def reply(operation: str, note: Callable[[dict[str, Any]], Any]) -> Callable[[dict[str, Any]], Any]:
            def answer(asked: dict[str, Any]) -> Any:
                if operation in self.broken:
                    raise self.broken[operation]
                return note(asked)

            return answer

        notes = {
            "GetMetricData": self._bill,
            "StartQuery": self._search,
            "DescribeAlarmHistory": self._history,
            "DescribeAlarms": lambda _: None,
        }
        with answering(**{operation: reply(operation, note) for operation, note in notes.items()}):
            yield

    def _bill(self, asked: dict[str, Any]) -> None:
        """AWS bills a metric once a call for up to five statistics."""
        stats = [query["MetricStat"] for query in asked["MetricDataQueries"]]
        self.billed += len({json.dumps(stat["Metric"], sort_keys=True) for stat in stats})
        self.periods |= {stat["Period"] for stat in stats}

    def _search(self, _: dict[str, Any]) -> None:
        self.searches += 1

    def _history(self, asked: dict[str, Any]) -> dict[str, Any]:
        if asked["AlarmName"] != self.cloud.site.names.alarm(ALARM):
            return {"AlarmHistoryItems": []}
        kind = asked["HistoryItemType"]
        return {"AlarmHistoryItems": [_item(kind, *change) for change in reversed(self._changed)]}


def _item(kind: str, at_ms: int, old: str, new: str) -> dict[str, Any]:
    changed = {"oldState": {"stateValue": old}, "newState": {"stateValue": new, "stateReason": f"went to {new}"}}
    told = {"actionState": "Succeeded", "notificationResource": TOPIC}
    return {
        "Timestamp": datetime.fromtimestamp(at_ms / 1000, UTC),
        "HistoryItemType": kind,
        "HistorySummary": f"Alarm updated from {old} to {new}"
        if kind == "StateUpdate"
        else f"Successfully executed action {TOPIC}",
        "HistoryData": json.dumps(changed if kind == "StateUpdate" else told),
    }


@contextmanager
def aws_page(folder: Path) -> Iterator[AwsPage]:
    """The account with the model in it, for as long as the page is open."""
    with account():
        page = AwsPage(folder)
        page.fill()
        with page.answering():
            yield page
