"""Debian's Chromium, for the tests that need a real browser."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

PROGRAM = Path("/usr/bin/chromium")
FLAGS = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync"),
)


@contextmanager
def chromium() -> Iterator[Browser]:
    """A browser. Without the program the test is skipped, but fails in CI: there it must run."""
    if not PROGRAM.exists():
        if os.environ.get("CI") == "true":
            pytest.fail(f"{PROGRAM} is missing: install Debian's package chromium")
        pytest.skip(f"{PROGRAM} is missing; Debian's package chromium has it")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=PROGRAM, args=FLAGS)
        yield browser
        browser.close()
