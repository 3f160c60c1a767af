"""What the watch of `up` makes of a spec with composite alarms, over a real store and an injected clock."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import pytest
from click.testing import CliRunner

from inferwatch.cli.commands import cli
from inferwatch.cli.station import watch
from inferwatch.cli.station.heartbeats import Heartbeats
from inferwatch.sdk import LogStreamSink, Monitor
from inferwatch.spec import load_spec
from inferwatch.store import Store

NOON = 1_795_262_400_000  # 2026-11-21 12:00:00 UTC
SPEC = """
[model]
namespace = "/test"
name = "claim"

[[alarm]]
name = "High-Latency-Alarm"
period = 10
threshold = 100
notify = []

[[composite_alarm]]
name = "Wake-Somebody"
rule = "ALARM(Page-Somebody)"
notify = []

[[composite_alarm]]
name = "Page-Somebody"
rule = "ALARM(High-Latency-Alarm) AND NOT ALARM(Inference-Error-Alarm)"
runbook = "https://example.com/slow"

[notify.slack]
"""


class Rounds(threading.Event):
    """A stop that comes after `count` rounds, each of which moves the clock by a second."""

    def __init__(self, start_ms: int, count: int) -> None:
        super().__init__()
        self.now_ms, self.left = start_ms, count

    def wait(self, timeout: float | None = None) -> bool:
        self.now_ms, self.left = self.now_ms + 1000, self.left - 1
        return self.left < 0


def test_composite_alarms_go_through_the_log_the_outbox_and_the_command_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "inferwatch.toml").write_text(SPEC)
    spec, data = load_spec(tmp_path, environ={}), tmp_path / "data"
    sink = LogStreamSink(data, spec.identity.log_group, "here")
    monitor = Monitor(spec.compile(), sink)
    slow = monitor.record(start_ms=NOON + 5000, elapse=700.0)
    sink.close()

    rounds, said = Rounds(NOON, 45), list[str]()
    monkeypatch.setattr(watch, "now_ms", lambda: rounds.now_ms)
    beats = Heartbeats(lambda: rounds.now_ms)
    with Store.open(data, writer=True) as store:
        watch.Watch(spec, "http://127.0.0.1:1/", beats, said.append).run(store.share(), rounds)
        outbox = store.outbox("/test/claim:dev").entries()
    assert said == []

    changes = {name: history(data, name) for name in ("High-Latency-Alarm", "Page-Somebody", "Wake-Somebody")}
    assert [(at - NOON) // 1000 for at, _ in changes["Page-Somebody"]] == [40, 10, -10]
    assert changes["High-Latency-Alarm"] == changes["Page-Somebody"] == changes["Wake-Somebody"]
    assert [(n.notification.target, n.notification.transition.state) for n in outbox] == [
        ("slack", "OK"),
        ("slack", "ALARM"),
    ]
    told = outbox[1].notification
    assert [(child.alarm, child.state) for child in told.children] == [
        ("High-Latency-Alarm", "ALARM"),
        ("Inference-Error-Alarm", "OK"),
    ]
    assert [record["transaction_id"] for record in told.records] == [slow]
    assert (
        told.transition.reason == "High-Latency-Alarm transitioned to ALARM at Saturday 21 November, 2026 12:00:10 UTC"
    )

    listed = CliRunner().invoke(cli, ["alarms", "list", "--data", str(data)])
    assert listed.exit_code == 0
    assert "Page-Somebody" in listed.stdout


def history(data: Path, alarm: str) -> list[tuple[int, str]]:
    done = CliRunner().invoke(cli, ["alarms", "history", alarm, "--data", str(data), "--json"])
    assert done.exit_code == 0, done.output
    return [(change["at_ms"], change["state"]) for change in map(json.loads, done.stdout.splitlines())]
