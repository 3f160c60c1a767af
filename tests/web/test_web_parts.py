"""What the page shows of a model with a queue and an endpoint."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from chromium import chromium
from playwright.sync_api import expect
from web_world import NOON, Server, World

from inferwatch.spec.charts import charts
from inferwatch.web.model import model_view
from inferwatch.web.series import series_view
from inferwatch.web.tiles import tiles_view

MINUTE = 60_000
START = NOON - 15 * MINUTE
PARTS = """
[queue]

[sagemaker]
endpoint = "theirs"

[history]

[lake]

[[alarm]]
name = "Slow-Endpoint"
metric = "ModelLatency"
statistic = "p99"
comparison = "GreaterThanThreshold"
threshold = 60000
"""


@pytest.fixture
def parts(tmp_path: Path) -> Iterator[World]:
    """A quarter of an hour in which the queue drains, and two messages are given up."""
    made = World(tmp_path, parts=PARTS)
    for index, at in enumerate(range(START, NOON, 10_000)):
        made.infer(at)
        made.measure(at, ModelLatency=40_000.0 + index, OverheadLatency=2500.0, InvocationModelErrors=0)
        made.measure(at, QueuedMessages=90 - index, OldestMessageAge=150.0 - index, DeadLetters=2 * (index > 60))
    made.settle()
    yield made
    made.close()


def test_what_only_aws_measures_is_left_out_of_the_page(parts: World) -> None:
    model = model_view(parts.sources, None)
    kinds = [widget["type"] for widget in model["widgets"]]
    assert kinds[2:8] == ["invocations", "latency", "queue", "age", "probability", "endpoint"]
    assert not {"history", "lake"} & set(kinds)
    assert {chart["id"] for chart in model["charts"]} < {widget["id"] for widget in model["widgets"]}


def test_a_queues_tiles_tell_how_it_stood_last_and_not_what_was_counted(parts: World) -> None:
    tiles = {tile["id"]: tile for tile in tiles_view(parts.sources, START, NOON)}
    assert (tiles["queued"]["value"], tiles["dead"]["value"]) == (1, 2)
    assert tiles["queued"]["at"] == NOON - 10_000
    assert tiles["queued"]["spark"] == [90 - index for index in range(90)]


def test_a_queue_that_nobody_has_looked_at_for_long_has_no_figure(parts: World) -> None:
    later = NOON + 60 * MINUTE
    parts.now = later
    tiles = {tile["id"]: tile["value"] for tile in tiles_view(parts.sources, START, later)}
    assert tiles["queued"] is None
    assert tiles["succeeded"] == 90


def test_a_level_of_a_period_is_its_highest(parts: World) -> None:
    found = series_view(parts.sources, charts(parts.spec), NOON - 24 * 60 * MINUTE, NOON)
    queue, age = (chart.id for chart in charts(parts.spec) if chart.type in ("queue", "age"))
    assert found["period"] == 300
    assert found["charts"][queue] == {"queued": [None] * 285 + [90, 60, 30], "dead": [None] * 285 + [0, 0, 2]}
    assert found["charts"][age]["oldest"][-3:] == [150, 120, 90]


@pytest.mark.browser
def test_the_page_draws_queue_and_endpoint(parts: World) -> None:
    with Server(parts) as server, chromium() as browser:
        page = browser.new_page(viewport={"width": 1440, "height": 1000})
        problems: list[str] = []
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.goto(server.link)
        expect(page.locator(".queue .curve")).to_have_count(2)
        expect(page.locator(".age .curve")).to_have_count(1)
        expect(page.locator(".endpoint .curve")).to_have_count(4)
        expect(page.locator(".endpoint .legend b")).to_have_text(["40 ms", "40 ms", "40 ms", "2.5 ms"])
        expect(page.locator(".endpoint .threshold-text")).to_have_text("alarm > 60 ms")
        expect(page.locator(".age .axis-text[text-anchor=end]")).to_contain_text(["1 min", "2 min"])
        expect(page.locator(".queue .sub, .age .sub")).to_have_text(["", ""])
        expect(page.locator(".tile", has_text="Dead letters").locator(".figure")).to_have_text("2")
        expect(page.locator(".widget.history, .widget.lake")).to_have_count(0)
        assert problems == []
