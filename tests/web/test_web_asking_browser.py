"""The box over the transactions, the flags of deployments, and two versions side by side, in a real Chromium."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from browser_checks import CONTRAST, now_ms, until
from playwright.sync_api import Locator, Page, expect
from web_world import Server, World

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("asking")]

MINUTE = 60_000
SAVED = """
[[query]]
name = "Slow"
where = "elapse >= 100"
since = "1h"
order_by = ["-elapse"]

[[query]]
name = "By version"
description = "How many, and how slow."
by = ["model_version"]
stat = ["count", "p99:elapse"]
"""


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """A quarter of an hour of traffic: three versions, of which the second and third came soon after each other."""
    made = World(tmp_path, now_ms, SAVED)
    now = now_ms()
    for version, minutes in ((1, 30.0), (2, 6.0), (3, 5.8)):
        made.release(version, now - round(minutes * MINUTE), by="ana")
    for at in range(0, 14 * MINUTE, 10_000):
        made.infer(now - 14 * MINUTE + at, elapse=20.0 + at % 7, version=1 if at < 8 * MINUTE else 3)
    failed = {"status": "failed", "error": {"type": "ValueError", "message": "no"}, "prediction": None}
    made.infer(now - 2 * MINUTE, elapse=150.0, version=3, confidence=None, **failed)
    made.settle()
    yield made
    made.close()


@pytest.fixture
def page(watched: Page, server: Server) -> Page:
    return opened(watched, server)


def opened(page: Page, server: Server, **parameters: str) -> Page:
    given = "".join(f"&{name}={value}" for name, value in parameters.items())
    page.goto(server.link + given)
    expect(page.locator("#live")).to_have_text("Live")
    expect(page.locator(".latency .curve")).to_have_count(3)
    return page


def rows(page: Page) -> Locator:
    return page.locator(".transactions > .scroll tbody tr")


def box(page: Page) -> Locator:
    return page.get_by_label("Where", exact=True)


def test_enter_asks_and_the_question_can_be_passed_on(page: Page) -> None:
    box(page).fill("elapse >= 100 AND status IN ('failed')")
    box(page).press("Enter")
    expect(rows(page)).to_have_count(1)
    expect(rows(page)).to_contain_text("ValueError: no")
    shared = page.url
    assert "where=elapse" in shared
    page.reload()
    expect(rows(page)).to_have_count(1)
    expect(box(page)).to_have_value("elapse >= 100 AND status IN ('failed')")
    assert page.url == shared


def test_what_is_wrong_is_marked_under_its_characters_and_the_rows_stay(page: Page) -> None:
    before = rows(page).count()
    box(page).fill("  elapse >= 10 AND statsu = 'failed'")
    box(page).press("Enter")
    mark = page.locator(".echo mark")
    expect(mark).to_have_text("statsu")
    expect(page.locator("#where-problem")).to_contain_text("did you mean 'status'")
    expect(page.locator("#announcer")).to_contain_text("statsu")
    expect(box(page)).to_have_attribute("aria-invalid", "true")
    expect(box(page)).to_have_attribute("aria-describedby", "where-problem")
    assert page.evaluate("getSelection().toString()") == "statsu"
    beneath = page.evaluate("""() => {
      const box = document.getElementById("where");
      const style = getComputedStyle(box);
      const canvas = document.createElement("canvas").getContext("2d");
      canvas.font = style.font;
      const text = canvas.measureText(box.value.slice(0, box.value.indexOf("statsu"))).width;
      const left = box.getBoundingClientRect().left + parseFloat(style.paddingLeft) + parseFloat(style.borderLeftWidth);
      return document.querySelector(".echo mark").getBoundingClientRect().left - left - text;
    }""")
    assert abs(beneath) < 1.5
    assert rows(page).count() == before
    assert "where" not in page.url
    box(page).fill("elapse >= 100")
    expect(mark).to_be_hidden()
    expect(box(page)).not_to_have_attribute("aria-invalid", "true")


def test_escape_goes_back_to_what_was_asked_and_then_to_no_question(page: Page) -> None:
    box(page).fill("elapse >= 100")
    box(page).press("Enter")
    expect(rows(page)).to_have_count(1)
    box(page).fill("elapse >=")
    box(page).press("Enter")
    expect(page.locator("#where-problem")).not_to_be_empty()
    box(page).press("Escape")
    expect(box(page)).to_have_value("elapse >= 100")
    expect(page.locator("#where-problem")).to_be_hidden()
    box(page).press("Escape")
    expect(box(page)).to_have_value("")
    until(lambda: rows(page).count() == 50)
    assert "where" not in page.url


def test_a_link_with_a_question_that_cannot_be_read_shows_all_and_says_why(watched: Page, server: Server) -> None:
    opened(watched, server, where="elapse+%3E%3E+3")
    expect(watched.locator("#where-problem")).not_to_be_empty()
    expect(box(watched)).to_have_value("elapse >> 3")
    expect(rows(watched)).to_have_count(50)


def test_only_what_meets_the_question_comes_in_at_the_top(page: Page, world: World) -> None:
    box(page).fill("elapse >= 100")
    box(page).press("Enter")
    expect(rows(page)).to_have_count(1)
    page.locator("#title").click()
    world.infer(now_ms(), elapse=5.0, prediction="quick")
    world.infer(now_ms(), elapse=300.0, prediction="slow and new")
    world.settle()
    expect(rows(page).first).to_contain_text("slow and new")
    expect(rows(page)).to_have_count(2)


def test_lines_that_are_pasted_become_one(page: Page) -> None:
    box(page).focus()
    page.evaluate("""() => {
      const clipboardData = new DataTransfer();
      clipboardData.setData("text", "elapse >= 100\\n  AND status = 'failed'\\n");
      document.getElementById("where").dispatchEvent(new ClipboardEvent("paste", { clipboardData, cancelable: true }));
    }""")
    expect(box(page)).to_have_value("elapse >= 100 AND status = 'failed'")


def test_saved_questions_fill_the_box_or_have_a_table_of_their_own(page: Page) -> None:
    menu = page.locator(".menu summary")
    expect(menu).to_be_visible()
    menu.focus()
    page.keyboard.press("Enter")
    page.locator(".saved button", has_text="elapse >= 100").click()
    expect(box(page)).to_have_value("elapse >= 100")
    expect(rows(page)).to_have_count(1)
    expect(page.get_by_label("Sort")).to_have_value("slowest")
    expect(page.get_by_role("button", name="1h")).to_have_attribute("aria-pressed", "true")
    menu.click()
    page.locator(".saved button", has_text="How many").click()
    answer = page.get_by_role("region", name="By version")
    expect(answer.locator("th")).to_have_text(["model_version", "count", "p99:elapse"])
    expect(answer.locator("tbody tr")).to_have_count(2)
    expect(answer.locator("tbody tr").first.locator("td").first).to_have_text("1")
    expect(rows(page).first).to_be_hidden()
    page.keyboard.press("Escape")
    expect(rows(page)).to_have_count(1)


def test_each_chart_marks_the_deployments_and_those_close_to_each_other_are_one(page: Page) -> None:
    for chart in ("invocations", "latency", "probability"):
        expect(page.locator(f".{chart} .flag")).to_have_text(["v3+1"])
        expect(page.locator(f".{chart} .release")).to_have_count(2)
    flag = page.locator(".invocations .flag")
    expect(flag).to_have_attribute(
        "aria-label", re.compile("Version 2, deployment 2, deployed at .* by ana. Version 3")
    )
    flag.hover()
    note = page.locator(".invocations .flag-note")
    expect(note).to_contain_text("Version 3")
    expect(note).to_contain_text("Version 2")
    expect(note).to_contain_text("by ana")
    page.locator("#title").hover()
    expect(note).to_be_hidden()
    expect(page.locator("#identity")).to_contain_text("v3")
    expect(page.locator("#identity")).to_contain_text("deployment 3")


def test_a_new_deployment_appears_without_a_reload(page: Page, world: World) -> None:
    world.release(4, now_ms() - 1000, by="ben")
    expect(page.locator(".latency .flag")).to_have_count(2)
    expect(page.locator(".latency .flag.left")).to_have_text("v4")
    expect(page.locator("#identity")).to_contain_text("v4")


def test_the_keyboard_reaches_the_flags_of_one_chart_and_compares_from_there(page: Page) -> None:
    flags = page.locator(".flag")
    assert flags.evaluate_all("all => all.map(one => one.tabIndex).filter(index => index === 0).length") == 1
    page.locator(".invocations .plot").focus()
    page.keyboard.press("Tab")
    expect(page.locator(".invocations .flag")).to_be_focused()
    expect(page.locator(".invocations .flag-note")).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.get_by_label("First version")).to_have_value("1")
    expect(page.get_by_label("Second version")).to_have_value("3")
    assert page.url.endswith("compare=1%2C3")


def test_two_versions_stand_side_by_side_with_intervals_and_a_verdict(watched: Page, server: Server) -> None:
    page = opened(watched, server, compare="1,3")
    panel = page.get_by_role("region", name="Versions side by side")
    expect(panel.locator("thead th").nth(1)).to_contain_text("Version 1")
    expect(panel.locator("thead th").nth(2)).to_contain_text("37 records")
    expect(panel.locator("tbody tr")).to_have_count(6)
    median = panel.locator("tbody tr", has_text="Latency p50")
    expect(median.locator(".whisker")).to_have_count(2)
    expect(median.locator(".whisker circle")).to_have_count(2)
    expect(median.locator(".verdict")).to_contain_text("No difference seen")
    expect(panel.locator("tbody tr", has_text="Latency p99").locator(".verdict")).to_contain_text("Too little data")
    page.get_by_label("Second version").select_option("2")
    expect(median.locator(".verdict")).to_contain_text("0 of version 2")


def test_every_text_has_enough_contrast(watched: Page, server: Server) -> None:
    page = opened(watched, server, compare="1,3")
    expect(page.locator(".compared .whisker").first).to_be_attached()
    box(page).fill("elapse >= 100 AND statsu = 3")
    box(page).press("Enter")
    expect(page.locator(".echo mark")).to_be_visible()
    page.locator(".invocations .flag").focus()
    page.locator(".menu summary").click()
    page.emulate_media(color_scheme="light")
    assert page.evaluate(CONTRAST) == []
    page.emulate_media(color_scheme="dark")
    assert page.evaluate(CONTRAST) == []


def test_nothing_is_wider_than_the_window(watched: Page, server: Server) -> None:
    watched.set_viewport_size({"width": 360, "height": 800})
    page = opened(watched, server, compare="1,3")
    expect(page.locator(".compared .whisker").first).to_be_attached()
    box(page).fill("elapse >= 100 AND statsu = 3 AND response.label = 'a label that is longer than this box'")
    box(page).press("Enter")
    expect(page.locator(".echo mark")).to_be_visible()
    page.locator(".menu summary").click()
    assert page.evaluate("document.documentElement.scrollWidth") == 360
    page.set_viewport_size({"width": 820, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") == 820
