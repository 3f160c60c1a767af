"""All models in a real Chromium, and the way from one to its page."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from browser_checks import CONTRAST, now_ms
from playwright.sync_api import Page, expect
from web_world import Server, World

from inferwatch.alarms.values import AlarmState, State

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("overview")]

MINUTE = 60_000
FRAUD = "/abc_corp/claim/fraud"


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """Four models: one is well, one has an alarm, one no data, one no alarm."""
    made = World(tmp_path, now_ms)
    now = now_ms()
    for minutes in range(60):
        made.infer_elsewhere("/abc_corp/claim", "fraud", now - minutes * MINUTE - 1000)
        made.infer_elsewhere("/abc_corp/claim", "doc", now - minutes * MINUTE - 1000)
    made.infer(now - 2 * MINUTE)
    made.settle()
    alarm(made, FRAUD, "Slow", "ALARM")
    alarm(made, "/abc_corp/pricing/premium", "Slow", "OK")
    yield made
    made.close()


def alarm(world: World, log_group: str, name: str, state: State) -> None:
    standing = AlarmState(alarm=name, state=state, reason="so", since_ms=now_ms(), evaluated_ms=now_ms())
    world.store.alarm_log(f"{log_group}:prod").commit([standing], [], [])


@pytest.fixture
def page(watched: Page, server: Server) -> Page:
    watched.goto(server.link.replace("/?", "/overview?"))
    expect(watched.locator(".tree .model")).to_have_count(4)
    return watched


def test_models_stand_in_the_tree_of_their_organisation(page: Page) -> None:
    nodes = page.locator(".tree .node th > a").all_text_contents()
    assert nodes == ["/abc_corp", "claim", "pricing", "/demo/vision"]
    expect(page.locator(".tree .node").first).to_contain_text("3 models, 1 in ALARM")
    fraud = page.locator(".tree .model", has_text="fraud")
    expect(fraud.locator(".state")).to_have_text("1 in ALARMSlow")
    expect(fraud).to_contain_text("60")
    expect(fraud.locator(".spark-line")).to_have_count(1)
    states = [text.strip() for text in page.locator(".tree .state > .badge").all_text_contents()]
    assert states == ["No alarms", "1 in ALARM", "OK", "No data"]
    expect(page.locator(".counts")).to_have_text("1 in ALARM1 without data1 OK1 without alarms")
    expect(page).to_have_title("(1) All models · InferWatch")


def test_a_row_leads_to_its_model_and_the_model_back_to_its_node(page: Page) -> None:
    page.locator(".tree .model", has_text="fraud").locator(".number").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("fraud")
    assert page.url.endswith("/?model=%2Fabc_corp%2Fclaim%2Ffraud&environment=prod")
    expect(page.locator("#live")).to_have_text("Live")
    expect(page.locator("#alarm-summary")).to_have_text("1 in ALARM")
    expect(page.locator(".alarm.in-alarm .name")).to_have_text("Slow")
    expect(page.locator(".records tbody tr")).to_have_count(15)
    page.locator(".identity .path a", has_text="claim").click()
    expect(page.locator(".tree .model")).to_have_count(2)
    assert page.url.endswith("/overview?node=%2Fabc_corp%2Fclaim")
    expect(page.locator("#crumbs")).to_have_text("/abc_corp/claim")


def test_a_model_whose_spec_is_elsewhere_is_not_said_to_have_no_alarms(page: Page) -> None:
    page.get_by_role("link", name="doc").click()
    expect(page.get_by_text("No alarm of this model has been evaluated here.")).to_be_visible()


def test_the_pages_of_two_models_do_not_share_their_streams(page: Page, world: World) -> None:
    page.get_by_role("link", name="fraud").click()
    expect(page.locator("#live")).to_have_text("Live")
    world.infer_elsewhere("/abc_corp/claim", "fraud", now_ms(), prediction="new here")
    world.infer(now_ms(), prediction="new elsewhere")
    world.settle()
    expect(page.locator(".records tbody tr").first).to_contain_text("new here")
    expect(page.locator(".records")).not_to_contain_text("new elsewhere")


def test_an_alarm_appears_without_a_reload_and_keeps_the_focus(page: Page, world: World) -> None:
    page.get_by_role("link", name="doc").focus()
    alarm(world, "/abc_corp/claim/doc", "Down", "ALARM")
    expect(page.locator(".counts")).to_contain_text("2 in ALARM", timeout=10_000)
    expect(page.get_by_role("link", name="doc")).to_be_focused()


def test_every_text_can_be_read_at_every_width(page: Page) -> None:
    for width in (360, 820, 1440):
        page.set_viewport_size({"width": width, "height": 800})
        page.emulate_media(color_scheme="light" if width == 360 else "dark")
        assert page.evaluate("document.documentElement.scrollWidth") == width
        assert page.evaluate(CONTRAST) == []
