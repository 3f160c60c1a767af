"""The page over AWS's data in a real Chromium."""

from __future__ import annotations

from pathlib import Path

import pytest
from aws_page import ALARM, aws_page
from aws_world import refused
from chromium import chromium
from playwright.sync_api import expect
from web_world import Server

pytestmark = pytest.mark.browser


def test_the_page_shows_what_cloudwatch_has_and_says_what_it_does_not_get(tmp_path: Path) -> None:
    with aws_page(tmp_path) as model, Server(model) as server, chromium() as browser:
        page = browser.new_page(viewport={"width": 1440, "height": 1000})
        problems: list[str] = []
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.goto(server.link)
        expect(page.locator("#live")).to_have_text("Live")
        expect(page.get_by_role("heading", level=1)).to_have_text("Digits on AWS")
        expect(page.locator(".latency .curve")).to_have_count(3)
        expect(page.locator(".invocations .curve")).not_to_have_count(0)
        expect(page.locator(".alarms")).to_contain_text(ALARM)
        expect(page.locator(".notifications")).to_contain_text("to sns digits-Inference-Alarms")
        expect(page.locator(".transactions tbody tr")).to_have_count(50)
        model.broken["StartQuery"] = refused("StartQuery", "AccessDeniedException", "not for you")
        told = page.get_by_text("asking Logs Insights: StartQuery is not allowed")
        expect(told).to_be_visible()
        expect(page.locator(".latency .curve")).to_have_count(3)
        model.broken.clear()
        expect(told).not_to_be_visible()
        expect(page.locator("#live")).to_have_text("Live")
        assert problems == []
