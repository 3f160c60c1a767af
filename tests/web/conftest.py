from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
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
