"""docs/reference/page.md says what the server does."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

from starlette.routing import Route
from web_world import World

from inferwatch.web import page_app
from inferwatch.web.app import FOLLOWED_RANGES
from inferwatch.web.params import ORDERS
from inferwatch.web.views import FILTERS

TEXT = (Path(__file__).parents[2] / "docs" / "reference" / "page.md").read_text()


def test_every_view_is_documented_and_no_other(world: World) -> None:
    app = page_app(world.sources, world.sessions, stop=asyncio.Event())
    paths = {route.path.replace(":path", "") for route in app.routes if isinstance(route, Route)}
    assert set(re.findall(r"^\| `(/api/\S+)` \|", TEXT, re.MULTILINE)) == {p for p in paths if p.startswith("/api/")}


def test_every_parameter_and_its_values_are_documented() -> None:
    row = next(line for line in TEXT.splitlines() if line.startswith("| `/api/transactions` |"))
    assert set(re.findall(r"`(\w+)`", row)) == set(FILTERS)
    for word in (*ORDERS, *(str(seconds) for seconds in FOLLOWED_RANGES if seconds)):
        assert word in TEXT
