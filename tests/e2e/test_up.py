"""`inferwatch up` as a whole: served, recorded, killed, restarted."""

from __future__ import annotations

import http.client
import os
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from up_process import Up, children, make_model, until

from inferwatch.ports import RecordQuery
from inferwatch.store import Store


def records(data: Path) -> list[dict[str, Any]]:
    with Store.open(data, writer=False) as store:
        return store.records(RecordQuery(start_ms=0, end_ms=1 << 45, limit=1_000_000))


@pytest.fixture
def model(tmp_path: Path) -> Path:
    return make_model(tmp_path / "model")


@pytest.fixture
def up(model: Path, tmp_path: Path) -> Iterator[Up]:
    running = Up(model, tmp_path / "data")
    yield running
    if running.process.poll() is None:
        running.kill_tree()


def test_every_kind_of_answer_is_recorded_once(up: Up, tmp_path: Path) -> None:
    answers = {
        "succeeded": up.predict({"x": 3}),
        "rejected": up.predict({"x": "three"}),
        "failed": up.predict({"x": -1}),
        "timeout": up.predict({"x": -3}),
    }
    killed = up.predict({"x": -2})
    again = up.predict({"x": 4})
    assert {status: code for status, (code, _) in answers.items()} == {
        "succeeded": 200,
        "rejected": 400,
        "failed": 500,
        "timeout": 504,
    }
    assert (killed[0], again[0], again[1]["prediction"]) == (502, 200, 8)
    found = {record["request_id"]: record for record in records(tmp_path / "data")}
    assert len(found) == 6
    for status, (_, said) in answers.items():
        assert found[said["request_id"]]["status"] == status
    assert found[killed[1]["request_id"]]["error"]["type"] == "Runtime.ExitError"


def test_ctrl_c_ends_it_within_a_second_or_so_and_leaves_no_process(up: Up) -> None:
    up.predict({"x": 1})
    tree = children(up.process.pid)
    assert tree
    assert up.interrupt() < 5  # a second on a quiet machine; the bound only tells it from a hang
    assert up.process.returncode == 0
    assert not [pid for pid in tree if Path(f"/proc/{pid}").exists()]
    assert "Traceback" not in up.said()


def test_ctrl_c_while_the_model_is_imported_ends_it_without_a_word_of_being_up(tmp_path: Path) -> None:
    model = make_model(tmp_path / "model", app="import time\ntime.sleep(60)\n")
    command = [sys.executable, "-c", "from inferwatch.cli import main; main()", "up", str(model)]
    command += ["--data", str(tmp_path / "data"), "--port", "0", "--page-port", "0"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, start_new_session=True) as process:
        assert process.stderr is not None
        assert process.stderr.readline() == "Starting /test/e2e/echo ...\n"
        until(lambda: children(process.pid))
        process.send_signal(signal.SIGINT)
        assert process.stderr.read() == ""
        assert process.wait(10) == 0


def test_kill_minus_nine_of_the_whole_tree_loses_and_doubles_nothing(model: Path, tmp_path: Path) -> None:
    data = tmp_path / "data"
    acknowledged: list[str] = []
    for _ in range(3):
        up = Up(model, data)
        senders = [threading.Thread(target=_send_until_dead, args=(up, acknowledged)) for _ in range(3)]
        seen = len(acknowledged)
        for sender in senders:
            sender.start()
        until(lambda seen=seen: len(acknowledged) > seen + 30)
        workers = children(up.process.pid)
        up.kill_tree()
        for sender in senders:
            sender.join()
        until(lambda workers=workers: not [pid for pid in workers if _alive(pid)])

    up = Up(model, data)
    acknowledged.append(up.predict({"x": 1})[1]["request_id"])
    with Store.open(data, writer=False) as reader:
        until(lambda: reader.backlog() == 0)
    up.kill_tree()
    copies = Counter(record["request_id"] for record in records(data))
    assert set(acknowledged) <= copies.keys()
    assert set(copies.values()) == {1}
    with Store.open(data, writer=False) as store:
        rolled = store.metrics("test/e2e").datapoints(
            "Invocations", "Sum", 86_400, 0, 1 << 43, {"model_name": "echo", "environment": "dev"}
        )
    assert sum(point.value for point in rolled) == len(copies)


def _send_until_dead(up: Up, acknowledged: list[str]) -> None:
    for x in range(100_000):
        try:
            code, said = up.predict({"x": -2 if x % 17 == 16 else x})
        except (OSError, http.client.HTTPException, ValueError):
            return
        if code != 429:
            acknowledged.append(said["request_id"])


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"


@pytest.mark.parametrize(
    ("spec", "app", "says"),
    [
        ("[model]\nname = 'x'", "", "model.namespace: is missing"),
        (None, "import nothing_like_it\n", "app.py, line 1: ModuleNotFoundError: No module named 'nothing_like_it'"),
        (None, "def predicted(features): ...\n", "did you mean 'predicted'?"),
    ],
)
def test_what_is_wrong_with_the_model_is_one_message(tmp_path: Path, spec: str | None, app: str, says: str) -> None:
    model = make_model(tmp_path / "model", **({"spec": spec} if spec else {}), app=app)
    with pytest.raises(AssertionError) as ended:
        Up(model, tmp_path / "data")
    said = str(ended.value)
    assert says in said
    assert "Traceback" not in said


def test_a_data_folder_in_use_and_a_port_in_use_are_named(up: Up, model: Path, tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match=f"in use by process {up.process.pid}"):
        Up(model, tmp_path / "data")
    with pytest.raises(AssertionError, match=f"the gateway: port {up.port} is in use; end the program that has it"):
        Up(model, tmp_path / "other", port=up.port)
