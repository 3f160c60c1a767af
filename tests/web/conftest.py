from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from chromium import chromium
from playwright.sync_api import Browser, BrowserContext, Page
from web_world import Server, World


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    yield made
    made.close()


@pytest.fixture
def server(world: World) -> Iterator[Server]:
    with Server(world) as running:
        yield running


@pytest.fixture
def stranger(server: Server) -> Iterator[httpx.Client]:
    """A client without a session."""
    with httpx.Client(base_url=server.url, timeout=10) as client:
        yield client


@pytest.fixture
def client(server: Server, stranger: httpx.Client) -> httpx.Client:
    """A client with a session."""
    assert stranger.get(server.link).status_code == 303
    return stranger


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as made:
        yield made


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    made = browser.new_context(viewport={"width": 1440, "height": 1000})
    made.set_default_timeout(15_000)
    yield made
    made.close()


@pytest.fixture
def watched(context: BrowserContext, server: Server) -> Iterator[Page]:
    """A page whose every complaint, and every request that leaves this server, fails the test. That a question was
    refused is no complaint, though the browser notes it."""
    problems: list[str] = []
    page = context.new_page()
    page.on("console", lambda told: problems.append(told.text) if told.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("request", lambda sent: None if sent.url.startswith(server.url) else problems.append(sent.url))
    yield page
    assert [problem for problem in problems if "a status of 400" not in problem] == []
