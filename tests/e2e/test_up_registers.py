"""What `inferwatch up` tells the registry, and each record of it: start, change, failure, and a killed start."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest
from up_process import APP, SPEC, Up, make_model

from inferwatch.ports import RecordQuery
from inferwatch.registry.records import Model
from inferwatch.store import Store
from inferwatch.store.registry import LocalRegistry

MODEL = Model("/test/e2e", "echo")


def numbers(data: Path) -> list[tuple[int, int]]:
    """Version and deployment of each record, oldest first."""
    with Store.open(data, writer=False) as store:
        found = store.records(RecordQuery(start_ms=0, end_ms=1 << 45, order="start_at", limit=100))
    return [(record["model_version"], record["deployment_id"]) for record in found]


def served(model: Path, data: Path) -> str:
    """Start it, ask it once, and end it; gives the line that says what is up."""
    up = Up(model, data)
    try:
        assert up.predict({"x": 1})[0] == 200
        up.interrupt()
    finally:
        if up.process.poll() is None:
            up.kill_tree()
    return next(line for line in up.said().splitlines() if line.endswith("is up."))


def test_records_carry_the_numbers_and_history_begins_anew_only_with_a_change(tmp_path: Path) -> None:
    model, data = make_model(tmp_path / "model"), tmp_path / "data"
    said = [served(model, data), served(model, data)]
    (model / "app.py").write_text(APP.replace("x * 2", "x * 3"))
    said.append(served(model, data))
    (model / "inferwatch.toml").write_text(SPEC.replace("timeout = 2", "timeout = 3"))
    said.append(served(model, data))

    assert [line.removeprefix("/test/e2e/echo, ").removesuffix(", dev is up.") for line in said] == [
        "version 1 (new), deployment 1 (new)",
        "version 1, deployment 1",
        "version 2 (new), deployment 2 (new)",
        "version 2, deployment 3 (new)",
    ]
    assert numbers(data) == [(1, 1), (1, 1), (2, 2), (2, 3)]
    changes = LocalRegistry(data).history(MODEL, "dev")
    assert [(change.deployment_id, change.before) for change in changes] == [(3, 2), (2, 1), (1, None)]


def test_what_never_answers_has_failed_and_what_served_before_stays_current(tmp_path: Path) -> None:
    model, data = make_model(tmp_path / "model"), tmp_path / "data"
    served(model, data)
    (model / "app.py").write_text("raise ImportError('no such library')\n")
    with pytest.raises(AssertionError, match="no such library"):
        Up(model, data)
    assert [each.state for each in LocalRegistry(data).deployments(MODEL)] == ["failed", "current"]


def test_one_that_is_refused_the_data_folder_registers_nothing(tmp_path: Path) -> None:
    model, data = make_model(tmp_path / "model"), tmp_path / "data"
    up = Up(model, data)
    try:
        (model / "app.py").write_text(APP.replace("x * 2", "x * 3"))
        with pytest.raises(AssertionError, match="in use by process"):
            Up(model, data)
        assert len(LocalRegistry(data).versions(MODEL)) == 1
        up.process.send_signal(signal.SIGINT)
        up.process.wait(20)
    finally:
        if up.process.poll() is None:
            up.kill_tree()


def test_who_numbers_by_himself_has_his_version_in_the_records(tmp_path: Path) -> None:
    spec = SPEC.replace("confidence_scale = 1", 'confidence_scale = 1\nversion = "blue-1.2"')
    model, data = make_model(tmp_path / "model", spec), tmp_path / "data"
    assert served(model, data) == "/test/e2e/echo, version blue-1.2, dev is up."
    assert numbers(data) == [("blue-1.2", 1)]
    assert LocalRegistry(data).versions(MODEL) == []
