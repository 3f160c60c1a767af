"""Without pip, uv comes as a wheel from the package index, and only the pinned one."""

from __future__ import annotations

import hashlib
import io
import runpy
import subprocess
import threading
import zipfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

SCRIPT = Path(__file__).parents[2] / "scripts" / "get_uv.py"
UV = runpy.run_path(str(SCRIPT))
PROGRAM = b"#!/bin/sh\necho uv of the test\n"


def wheel() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(f"uv-{UV['VERSION']}.data/scripts/uv", PROGRAM)
    return buffer.getvalue()


@pytest.fixture
def index() -> Iterator[str]:
    """A package index on loopback that lists every pinned wheel, and serves the same bytes for each."""
    names = [name for name, _ in UV["WHEELS"].values()]
    page = "".join(f'<a href="../files/{name}#sha256=0">{name}</a>' for name in names).encode()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = page if self.path == "/simple/uv/" else wheel()
            self.send_response(200)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/simple"
    server.shutdown()
    server.server_close()


def script(index: str, pinned: str) -> dict[str, Any]:
    """The script's names, over another index and with other hashes."""
    found = runpy.run_path(str(SCRIPT))
    names = found["by_wheel"].__globals__
    names["INDEX"] = index
    names["WHEELS"] = {key: (name, pinned) for key, (name, _) in found["WHEELS"].items()}
    return found


def test_the_pinned_wheel_is_put_in_place(index: str, tmp_path: Path) -> None:
    script(index, hashlib.sha256(wheel()).hexdigest())["by_wheel"](str(tmp_path))
    done = subprocess.run([tmp_path / "bin" / "uv"], capture_output=True, check=True)
    assert done.stdout == b"uv of the test\n"


def test_any_other_wheel_is_refused(index: str, tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="is not the pinned one; nothing was installed"):
        script(index, "0" * 64)["by_wheel"](str(tmp_path))
    assert list(tmp_path.iterdir()) == []


def test_an_index_that_cannot_be_reached_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match=r"cannot fetch http://127\.0\.0\.1:9/simple/uv/"):
        script("http://127.0.0.1:9/simple", "")["by_wheel"](str(tmp_path))


def test_the_pins_are_those_of_the_version() -> None:
    for name, sha256 in UV["WHEELS"].values():
        assert name.startswith(f"uv-{UV['VERSION']}-")
        assert len(sha256) == 64
