"""`inferwatch dashboard` over a data folder: the link leads to the model, or to all models below a node."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from inferwatch.sdk import Monitor
from inferwatch.sdk.sinks import LogStreamSink
from inferwatch.spec import load_spec
from inferwatch.spec.load import spec_of
from inferwatch.store import Store

NOW = 1_800_000_000_000
SPEC = '[model]\nnamespace = "/test/own"\nname = "claim"\n'


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Three models: the spec's own, one below `/test/other`, and one elsewhere."""
    (tmp_path / "inferwatch.toml").write_text(SPEC)
    others = ({"model": {"namespace": node, "name": "doc"}} for node in ("/test/other/deep", "/elsewhere"))
    for spec in (load_spec(tmp_path, environ={}), *(spec_of(other, "dev") for other in others)):
        sink = LogStreamSink(tmp_path / "data", spec.identity.log_group, "s")
        Monitor(spec.compile(), sink).record(start_ms=NOW, elapse=1.0)
        sink.close()
    with Store.open(tmp_path / "data", writer=True) as store:
        store.ingest(NOW + 1000)
    return tmp_path / "data"


def test_a_node_opens_on_all_models_below_it(data: Path) -> None:
    command = [sys.executable, "-m", "inferwatch", "dashboard", str(data.parent), "--data", str(data)]
    options = ["--page-port", "0", "--model", "/test"]
    with subprocess.Popen([*command, *options], stderr=subprocess.PIPE, text=True) as running:
        try:
            assert running.stderr is not None
            link = [running.stderr.readline() for _ in range(2)][1].split()[1]
            assert httpx.URL(link).path == "/overview"
            with httpx.Client(timeout=30) as client:
                assert "All models" in client.get(link, follow_redirects=True).text
                told = client.get(httpx.URL(link).join("/api/overview")).json()["models"]
                assert [model["log_group"] for model in told] == ["/test/other/deep/doc", "/test/own/claim"]
        finally:
            running.send_signal(signal.SIGINT)
            _, rest = running.communicate(timeout=30)
    assert (running.returncode, "Traceback" in rest) == (0, False), rest
