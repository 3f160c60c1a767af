"""The main job, whole and real: a model becomes unsure, an alarm goes off on the page and in Slack, then all is OK."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from chromium import chromium
from playwright.sync_api import expect
from up_process import Up, make_model, until

from inferwatch.cli.demo.slack_sink import SlackSink

pytestmark = pytest.mark.browser

ALARM = "Low-Probability-Alarm"
ALARM_MS = 45_000  # a period of 10 s that is wholly bad, its evaluation, and a slow machine


@pytest.fixture
def slack() -> Iterator[SlackSink]:
    sink = SlackSink()
    yield sink
    sink.close()


@pytest.fixture
def up(tmp_path: Path, slack: SlackSink) -> Iterator[Up]:
    running = Up(make_model(tmp_path / "model"), tmp_path / "data", {"TEST_SLACK": slack.url})
    yield running
    running.kill_tree()


def test_an_alarm_goes_off_and_returns_to_ok(up: Up, slack: SlackSink) -> None:
    over, unsure = threading.Event(), threading.Event()
    traffic = threading.Thread(target=_traffic, args=(up, unsure, over))
    traffic.start()
    try:
        with chromium() as browser:
            page = browser.new_page()
            page.goto(up.page_link)
            alarm = page.locator(".alarm", has_text=ALARM)
            expect(alarm).to_contain_text("OK", timeout=ALARM_MS)
            unsure.set()
            expect(alarm).to_contain_text("ALARM", timeout=ALARM_MS)
            expect(page.locator("#alarm-summary")).to_have_text("1 in ALARM")
            unsure.clear()
            expect(alarm).to_contain_text("OK", timeout=ALARM_MS)
            expect(page.locator(".notifications li", has_text=ALARM)).to_have_count(2, timeout=10_000)
    finally:
        over.set()
        traffic.join()
    until(lambda: len(slack.messages) == 2)
    assert ["ALARM" in message["text"] for message in slack.messages] == [True, False]
    assert f"{ALARM}" in slack.messages[0]["text"]


def _traffic(up: Up, unsure: threading.Event, over: threading.Event) -> None:
    while not over.wait(0.1):
        up.predict({"x": -5 if unsure.is_set() else 5})
