"""The page in a real Chromium, over a real store and a real server."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from browser_checks import CONTRAST, now_ms, until
from playwright.sync_api import Browser, BrowserContext, Page, expect
from web_world import LOG_GROUP, Server, World

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("page")]

MINUTE = 60_000
ALARM = "Low-Probability-Alarm"


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """A quarter of an hour of traffic, with a failure and an alarm that came and went."""
    made = World(tmp_path, now_ms)
    start = now_ms() - 15 * MINUTE
    for at in range(start, start + 15 * MINUTE, 5000):
        made.infer(at, elapse=20.0 + at % 7)
    error = {"type": "ValueError", "message": "shapes do not match"}
    made.infer(now_ms() - 5 * MINUTE, status="failed", error=error, confidence=None, prediction=None)
    made.settle()
    made.turn(ALARM, "ALARM", now_ms() - 8 * MINUTE, 0.5)
    made.turn(ALARM, "OK", now_ms() - 6 * MINUTE, 0.9)
    yield made
    made.close()


@pytest.fixture
def page(watched: Page, server: Server) -> Page:
    watched.goto(server.link)
    expect(watched.locator("#live")).to_have_text("Live")
    expect(watched.locator(".latency .curve")).to_have_count(3)
    return watched


def test_the_link_opens_the_page_once_and_the_page_shows_the_model(page: Page, server: Server, world: World) -> None:
    assert page.url == f"{server.url}/"
    expect(page).to_have_title("Digits · InferWatch")
    expect(page.get_by_role("heading", level=1)).to_have_text("Digits")
    expect(page.locator("#identity")).to_contain_text(LOG_GROUP)
    kinds = page.locator("#grid > .widget").evaluate_all("all => all.map(one => one.classList[1])")
    assert kinds == [*(widget.type for widget in world.spec.dashboard.widget), "compare"]
    expect(page.locator(".tile", has_text="Errors").locator(".figure")).to_have_text("1")
    expect(page.locator(".probability .band")).to_have_count(1)
    expect(page.locator(".probability .threshold")).to_have_count(1)
    expect(page.locator(".note-row").first).to_contain_text("Pending")


def test_the_description_is_markdown_and_never_markup(page: Page) -> None:
    text = page.locator(".widget.text")
    expect(text.locator("strong")).to_have_text("Digits")
    expect(text.get_by_role("link")).to_have_text("desk")
    expect(text).to_contain_text("<b>No markup</b>, [no script](javascript:alert(1)).")


def test_a_used_link_is_refused_and_the_next_one_works(page: Page, browser: Browser, server: Server) -> None:
    with browser.new_context() as other:
        second = other.new_page()
        second.goto(f"{server.url}/?token=used")
        expect(second.get_by_role("heading")).to_have_text("This link has been used")
        second.goto(server.link)
        expect(second.get_by_role("heading", level=1)).to_have_text("Digits")


def test_an_alarm_and_its_notification_appear_without_a_reload(page: Page, world: World) -> None:
    page.evaluate("window.stillTheSamePage = true")
    expect(page.locator("#alarm-summary")).not_to_contain_text("in ALARM")
    world.turn(ALARM, "ALARM", now_ms(), 0.31)
    expect(page.locator("#alarm-summary")).to_have_text("1 in ALARM")
    expect(page.locator(".alarm", has_text=ALARM)).to_contain_text("ALARM")
    expect(page.locator(".probability .band")).to_have_count(2)
    expect(page.locator(".note-row")).to_have_count(3)
    expect(page).to_have_title("(1) Digits · InferWatch")
    assert page.evaluate("window.stillTheSamePage")


def test_a_new_transaction_comes_in_at_the_top(page: Page, world: World) -> None:
    name = world.infer(now_ms(), prediction="brand new")
    world.settle()
    expect(page.locator(".records tbody tr").first).to_contain_text("brand new")
    expect(page.locator(".records tbody tr").first).to_contain_text(name[-12:])


def test_dragging_zooms_all_charts_and_escape_goes_back(page: Page) -> None:
    ticks = page.locator(".invocations .axis-text").all_text_contents()
    box = page.locator(".latency .plot").bounding_box()
    assert box
    page.mouse.move(box["x"] + box["width"] * 0.4, box["y"] + 60)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.6, box["y"] + 60, steps=4)
    expect(page.locator(".selection")).to_have_count(page.locator(".plot").count())
    page.mouse.up()
    custom = page.locator("#ranges button").last
    expect(custom).to_be_visible()
    expect(custom).to_have_attribute("aria-pressed", "true")
    expect(page.locator(".selection")).to_have_count(0)
    until(lambda: page.locator(".invocations .axis-text").all_text_contents() != ticks)
    page.keyboard.press("Escape")
    expect(custom).to_be_hidden()
    expect(page.get_by_role("button", name="15m")).to_have_attribute("aria-pressed", "true")


def test_the_crosshair_is_shared_and_the_keyboard_moves_it(page: Page) -> None:
    page.locator(".latency .plot").focus()
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Shift+ArrowLeft")
    expect(page.locator(".latency .tooltip")).to_contain_text("p99")
    expect(page.locator(".probability .crosshair")).to_have_count(1)
    expect(page.locator(".probability .tooltip")).to_be_hidden()
    expect(page.locator("#announcer")).to_contain_text("p50 2")
    page.keyboard.press("+")
    expect(page.locator("#ranges button").last).to_be_visible()


def test_a_transaction_opens_by_keyboard_and_its_address_is_a_link(page: Page) -> None:
    page.locator(".records a").first.focus()
    page.keyboard.press("ArrowDown")
    name = page.evaluate("document.activeElement.dataset.id")
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="Transaction")
    expect(dialog).to_contain_text(name)
    expect(dialog.locator("pre").first).to_contain_text('"pixels": [0, 1, 2, 3]')
    assert page.url.endswith(f"#transaction={name}")
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    assert "#" not in page.url
    assert page.evaluate("document.activeElement.dataset.id") == name
    page.goto(f"{page.url}#transaction={name}")
    expect(dialog).to_contain_text(name)


def test_transactions_are_filtered(page: Page) -> None:
    page.get_by_label("Status").select_option("failed")
    expect(page.locator(".records tbody tr")).to_have_count(1)
    expect(page.locator(".records tbody tr")).to_contain_text("ValueError: shapes do not match")
    page.get_by_label("Text in the record").fill("no such text")
    expect(page.locator(".transactions .empty")).to_have_text("Nothing matches in this range.")


def test_a_link_of_a_while_ago_shows_its_time(watched: Page, server: Server) -> None:
    yesterday = now_ms() - 24 * 60 * MINUTE
    watched.goto(f"{server.link}&alarm={ALARM}&at={yesterday}")
    custom = watched.locator("#ranges button").last
    expect(custom).to_be_visible()
    custom.click()
    expect(watched.locator(".latency .curve")).to_have_count(3)


def test_a_link_of_just_now_stays_with_the_time(watched: Page, server: Server) -> None:
    watched.goto(f"{server.link}&alarm={ALARM}&at={now_ms() - MINUTE}")
    expect(watched.locator(".latency .curve")).to_have_count(3)
    expect(watched.locator("#ranges button").last).to_be_hidden()


def test_a_link_to_an_alarm_opens_it(watched: Page, server: Server) -> None:
    watched.goto(f"{server.link}&alarm={ALARM}")
    told = watched.locator(".alarm.told")
    expect(told.locator(".name")).to_have_text(ALARM)
    expect(told.locator(".history li")).to_have_count(2)
    expect(told).to_be_in_viewport()
    expect(told.get_by_role("link", name="Runbook")).to_have_attribute("href", "https://example.com/runbook")


def test_a_composite_alarm_is_shown_with_its_rule_and_its_history(page: Page, world: World) -> None:
    world.turn("Page-Somebody", "ALARM", now_ms())
    row = page.locator(".alarm", has_text="Page-Somebody")
    expect(row).to_have_class(re.compile("in-alarm"))
    expect(row.locator(".condition")).to_have_text("ALARM(Inference-Error-Alarm) AND NOT ALARM(High-Latency-Alarm)")
    row.locator("summary").click()
    expect(row.locator(".history li")).to_have_count(1)
    expect(page.locator(".note-row", has_text="Page-Somebody")).to_contain_text("to slack")
    expect(page.locator("#banner")).to_be_hidden()


def test_the_zone_is_shown_and_switched(browser: Browser, server: Server) -> None:
    with browser.new_context(timezone_id="Asia/Kolkata") as context:
        page = context.new_page()
        page.goto(server.link)
        first = page.locator(".records a").first
        expect(first).to_be_visible()
        page.locator("#live").click()
        utc = first.text_content() or ""
        page.locator("#zone").click()
        expect(page.locator("#zone")).to_have_text("Local")
        expect(page.locator("#zone")).to_have_attribute("aria-label", re.compile("Time zone: Asia/(Calcutta|Kolkata)"))
        local = (first.text_content() or "").split()[-1]
        minutes = [int(text[-8:-6]) * 60 + int(text[-5:-3]) for text in (utc, local)]
        assert (minutes[1] - minutes[0]) % 1440 == 330


def test_a_hidden_page_lets_go_of_its_stream_and_catches_up(page: Page, server: Server, world: World) -> None:
    show = """state => {
      Object.defineProperty(document, "visibilityState", { value: state, configurable: true });
      document.dispatchEvent(new Event("visibilitychange"));
    }"""
    until(lambda: server.listeners == 1)
    page.evaluate(show, "hidden")
    until(lambda: server.listeners == 0)
    world.turn(ALARM, "ALARM", now_ms(), 0.31)
    world.infer(now_ms() - MINUTE, prediction="while away")
    world.settle()
    page.evaluate(show, "visible")
    expect(page.locator("#alarm-summary")).to_have_text("1 in ALARM")
    expect(page.locator(".records")).to_contain_text("while away")
    until(lambda: server.listeners == 1)


def test_pausing_stops_the_stream(page: Page, server: Server) -> None:
    page.locator("#live").click()
    expect(page.locator("#live")).to_have_text("Paused")
    until(lambda: server.listeners == 0)
    page.locator("#live").click()
    expect(page.locator("#live")).to_have_text("Live")


def test_a_part_that_is_stuck_and_a_server_that_is_gone_are_told(
    context: BrowserContext, world: World, server: Server
) -> None:
    page = context.new_page()
    world.health = {"alarms": now_ms() - MINUTE}
    page.goto(server.link)
    expect(page.locator("#banner")).to_contain_text("No sign of life from alarms for 1 min")
    context.set_offline(True)
    server.stop_streams()
    expect(page.locator("#live")).to_have_text("Disconnected")
    expect(page.locator("#banner")).to_contain_text("reconnects by itself")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_has_enough_contrast(watched: Page, server: Server, world: World, scheme: str) -> None:
    world.turn(ALARM, "ALARM", now_ms() - 5000, 0.4)
    watched.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    watched.goto(f"{server.link}&alarm={ALARM}")
    expect(watched.locator(".latency .curve")).to_have_count(3)
    expect(watched.locator(".history li")).to_have_count(3)
    dark = watched.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(13, 16, 21)"
    assert dark == (scheme == "dark")
    assert watched.evaluate(CONTRAST) == []


def test_the_theme_can_be_chosen_and_is_remembered(page: Page) -> None:
    page.locator("#theme").click()
    page.locator("#theme").click()
    expect(page.locator("#theme")).to_have_text("Dark")
    page.reload()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(13, 16, 21)"


@pytest.mark.parametrize("width", [390, 820, 1440])
def test_nothing_is_wider_than_the_window_and_nothing_jumps(watched: Page, server: Server, width: int) -> None:
    watched.set_viewport_size({"width": width, "height": 900})
    watched.add_init_script("""
      window.shifted = 0;
      new PerformanceObserver((list) => list.getEntries().forEach((one) => (window.shifted += one.value)))
        .observe({ type: "layout-shift", buffered: true });
    """)
    watched.goto(server.link)
    expect(watched.locator(".latency .curve")).to_have_count(3)
    expect(watched.locator("#live")).to_have_text("Live")
    assert watched.evaluate("document.documentElement.scrollWidth") == width
    assert watched.evaluate("window.shifted") < 0.02


def test_an_empty_page_says_how_to_send_a_request(browser: Browser, tmp_path: Path) -> None:
    folder = tmp_path / "empty"
    folder.mkdir()
    world = World(folder, now_ms)
    with Server(world) as server, browser.new_context() as context:
        page = context.new_page()
        page.goto(server.link)
        expect(page.locator(".invocations .onboarding")).to_contain_text("curl http://127.0.0.1:8000/predict")
        expect(page.locator(".latency .empty")).to_have_text("No data in this range")
        expect(page.locator("#alarm-summary")).to_have_text(f"{len(world.spec.alarms) + 1} without data")
    world.close()
