"""One run of the demo: the station, the seeded hour, and the story's traffic in a thread beside it."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path

from inferwatch.alarms.values import ALARM
from inferwatch.cli import output
from inferwatch.cli.clock import now_ms
from inferwatch.cli.demo.account import Account, reckon
from inferwatch.cli.demo.camera import Camera
from inferwatch.cli.demo.process_age import process_age
from inferwatch.cli.demo.rehearsal import Take, rehearsed
from inferwatch.cli.demo.seed import HOUR_MS, seed
from inferwatch.cli.demo.sender import Pace, Sender, Tally
from inferwatch.cli.demo.slack_sink import SlackSink
from inferwatch.cli.demo.story import STORY_ALARMS, Phase, phase_at
from inferwatch.cli.scope import scope
from inferwatch.cli.station import Station
from inferwatch.errors import InferWatchError
from inferwatch.ports import RecordQuery
from inferwatch.spec import load_spec, record

PER_SECOND = 20.0
BACK_TO_OK_SECONDS = 45.0
FIRST_CHART_SECONDS = 30.0
POLL_SECONDS = 0.1
WEBHOOK = "SLACK_WEBHOOK_URL"


class Demo:
    """The demo over one data folder. duration: seconds of the story."""

    def __init__(
        self, example: Path, data: Path, environ: Mapping[str, str], *, duration: float, port: int, page_port: int
    ) -> None:
        self._example = example
        self._environ = environ
        self._duration = duration
        self._began_ms = now_ms()
        self._sink = SlackSink()
        self._own_slack = environ.get(WEBHOOK, "")
        spec = load_spec(example, environ=environ)
        self._station = Station(spec, data, self._variables(), port=port, page_port=page_port)
        self._over = threading.Event()
        self._ready = threading.Event()
        self._seeded = threading.Event()
        self._takes: list[Take] = []
        self._first_chart: float | None = None
        self._failure: InferWatchError | None = None

    def show(self) -> None:
        """Run with the page until Ctrl-C; the story begins anew when it is over."""
        slack = "your Slack" if self._own_slack else "a stand-in for Slack on this machine"
        output.note("InferWatch demo: a classifier of handwritten digits, trained on this machine.")
        output.note(f"  page     {self._station.page_link}")
        output.note(f"  predict  {self._station.gateway_url}/predict")
        identity = self._station.spec.identity
        output.note(f"  serves   version {identity.model_version}, deployment {identity.deployment_id}")
        output.note(f"  data     {self._station.data}  (for `inferwatch alarms list --data ...` and the like)")
        output.note(f"  notifies {slack}")
        output.note("Ctrl-C ends it.\n")
        self._run(self._traffic_for_ever)

    def settle(self) -> Account:
        """Run the story once, without a browser, and settle the account."""
        outcome: list[Account] = []

        def once() -> None:
            outcome.append(self._account(self._traffic()))
            self._station.stop()

        self._run(once)
        if not outcome:
            raise KeyboardInterrupt
        return outcome[0]

    def _variables(self) -> Mapping[str, str]:
        """With a webhook of one's own, that one; else the stand-in."""
        return {**self._environ, WEBHOOK: self._own_slack or self._sink.url}

    def _run(self, story: Callable[[], None]) -> None:
        threading.Thread(target=self._fill_past_hour, name="seed", daemon=True).start()
        teller = threading.Thread(target=self._tell, args=(story,), name="story", daemon=True)
        teller.start()
        try:
            self._station.run(ready=self._ready.set)
        finally:
            self._over.set()
            self._sink.close()
        if self._failure:
            raise self._failure

    def _tell(self, story: Callable[[], None]) -> None:
        self._seeded.wait()
        self._ready.wait()
        try:
            if not self._failure:
                story()
        except InferWatchError as error:
            self._failure = error
        if self._failure:
            self._station.stop()

    def _fill_past_hour(self) -> None:
        try:
            self._takes = rehearsed(self._example, self._environ)
            seed(self._station.spec.compile(), self._station.data, self._takes, now_ms())
            self._await_first_chart()
        except InferWatchError as error:
            self._failure = error
        self._seeded.set()

    def _await_first_chart(self) -> None:
        identity = self._station.spec.identity
        deadline = time.monotonic() + FIRST_CHART_SECONDS
        while time.monotonic() < deadline and not self._over.wait(POLL_SECONDS):
            if self._station.metrics.datapoints(
                record.LATENCY_MS, "p50", 60, now_ms() - HOUR_MS, now_ms(), identity.dimensions
            ):
                self._first_chart = round(process_age(), 2)
                return

    def _traffic_for_ever(self) -> None:
        while not self._over.is_set():
            self._traffic()

    def _traffic(self) -> Tally:
        """The story once, from its first phase to its last."""
        camera = Camera([take.pixels for take in self._takes])
        sender = Sender(self._station.gateway_url or "")
        pace = Pace(PER_SECOND, self._over)
        begin = time.monotonic()
        phase: Phase | None = None
        while (fraction := (time.monotonic() - begin) / self._duration) < 1 and pace.wait():
            if phase_at(fraction) is not phase:
                phase = phase_at(fraction)
                output.note(f"{output.moment(now_ms())}  {phase.says}")
            sender.send(camera.shoot(phase.kind))
        return sender.close()

    def _account(self, tally: Tally) -> Account:
        self._await_ok()
        name = scope(self._station.spec)
        with self._station.readers.store() as store:
            query = RecordQuery(start_ms=self._began_ms, end_ms=now_ms() + 1, limit=1_000_000)
            records = [found for found in store.records(query) if not found.get("seeded")]
            transitions = store.alarm_log(name).history(limit=10_000)[::-1]
            entries = store.outbox(name).entries(10_000)
        return reckon(
            tally,
            records,
            transitions,
            Counter(entry.state for entry in entries),
            len(self._sink.messages),
            self._first_chart,
        )

    def _await_ok(self) -> None:
        """Wait until the story's alarms are no longer in ALARM and nothing is left to deliver."""
        name = scope(self._station.spec)
        deadline = time.monotonic() + BACK_TO_OK_SECONDS
        while time.monotonic() < deadline and not self._over.wait(POLL_SECONDS):
            with self._station.readers.store() as store:
                states = store.alarm_log(name).states()
                pending = [entry for entry in store.outbox(name).entries(10_000) if entry.state == "pending"]
            if not pending and all(a in states and states[a].state != ALARM for a in STORY_ALARMS):
                return
