from __future__ import annotations

import os
from pathlib import Path

import pytest
from store_lines import EVER, GROUP, NOW, append, init_start, line, platform, record, report

from inferwatch.errors import StoreError
from inferwatch.sdk import LogStreamSink
from inferwatch.sdk.streams import open_stream
from inferwatch.store import Store
from inferwatch.store.streams import orphans
from inferwatch.store.streams.scan import scan

START = NOW - 60_000


def killed(data: Path, *, torn: bytes = b"", stream: str = "env") -> Path:
    """A stream whose runtime died while the second invocation was running, 4 s after that began."""
    first = platform("start", START - 100, requestId="a") + line(1, START - 100, request_id="a") + report("a")
    path = append(data, init_start() + first + platform("start", START, requestId="b") + torn, stream=stream)
    os.utime(path, (NOW / 1000, START / 1000 + 4))
    return path


def ends(path: Path) -> list[str]:
    events = [event.document for event in scan(path.read_bytes()) if event.kind == "platform"]
    return [document["type"] for document in events if document]


@pytest.mark.parametrize("ingested_before", [True, False])
@pytest.mark.parametrize("torn", [b"", line(2)[:200], b"text without end"])
def test_a_killed_environment_is_sealed_and_its_invocation_recorded(
    tmp_path: Path, ingested_before: bool, torn: bytes
) -> None:
    path = killed(tmp_path, torn=torn)
    with Store.open(tmp_path, writer=True) as store:
        if ingested_before:
            store.ingest(NOW)
        assert store.seal_orphans(NOW) == 1
        before = path.read_bytes()
        assert store.seal_orphans(NOW + 1) == 0
        store.ingest(NOW)
        assert store.seal_orphans(NOW + 2) == 0
        found = {one["request_id"]: one for one in store.records(EVER)}
    assert path.read_bytes() == before
    assert all(one.startswith(b'{"time"') for one in before.splitlines()[-2:])
    assert ends(path)[-2:] == ["platform.report", "platform.streamEnd"]
    assert found["a"] == record(line(1, START - 100, request_id="a"))
    assert (found["b"]["status"], found["b"]["error"]["type"]) == ("failed", "Runtime.Killed")
    assert found["b"]["elapse"] == 4_000
    assert found["b"]["start_at"] == "2025-11-21T09:11:00.000Z"


def test_an_invocation_never_lasts_longer_than_its_timeout(tmp_path: Path) -> None:
    path = killed(tmp_path)
    os.utime(path)  # copied, say: the file's time tells nothing
    with Store.open(tmp_path, writer=True) as store:
        store.seal_orphans(NOW)
        store.ingest(NOW)
        assert [one["elapse"] for one in store.records(EVER) if one["request_id"] == "b"] == [10_000]


def test_a_recorded_invocation_gets_its_report_and_no_second_record(tmp_path: Path) -> None:
    append(tmp_path, init_start() + platform("start", START, requestId="a") + line(1, START, request_id="a"))
    with Store.open(tmp_path, writer=True) as store:
        assert store.seal_orphans(NOW) == 1
        assert store.ingest(NOW).synthetic == 0
        assert store.records(EVER) == [record(line(1, START, request_id="a"))]


def test_a_living_writer_is_left_alone(tmp_path: Path) -> None:
    path = killed(tmp_path)
    descriptor = open_stream(path)
    child = os.dup(descriptor)
    before = path.read_bytes()
    with Store.open(tmp_path, writer=True) as store:
        assert store.seal_orphans(NOW) == 0
        os.close(descriptor)
        assert store.seal_orphans(NOW) == 0  # a worker still has it as its stdout
        assert path.read_bytes() == before
        os.close(child)
        assert store.seal_orphans(NOW) == 1


def test_streams_of_other_programs_may_be_opened_again(tmp_path: Path) -> None:
    sink = LogStreamSink(tmp_path, GROUP, "server-1")
    sink(line(1))
    sink.close()
    append(tmp_path, b"", stream="empty")
    with Store.open(tmp_path, writer=True) as store:
        assert store.seal_orphans(NOW) == 0
        LogStreamSink(tmp_path, GROUP, "server-1")(line(2))
        assert store.ingest(NOW).records == 2


def test_a_sealed_stream_stays_as_it_is(tmp_path: Path) -> None:
    path = append(tmp_path, init_start() + platform("streamEnd"))
    before = path.read_bytes()
    with Store.open(tmp_path, writer=True) as store:
        assert store.seal_orphans(NOW) == 0
    assert path.read_bytes() == before


def test_sealing_that_was_cut_off_anywhere_is_completed(tmp_path: Path) -> None:
    with Store.open(tmp_path / "whole", writer=True) as store:
        whole = killed(tmp_path / "whole", torn=b"half a li")
        start = whole.stat().st_size
        store.seal_orphans(NOW)
        sealed = whole.read_bytes()
    with Store.open(tmp_path / "cut", writer=True) as store:
        paths = []
        for cut in range(start, len(sealed) + 1, 3):
            path = append(tmp_path / "cut", sealed[:cut].replace(b'"a"', b'"a%d"' % cut), stream=f"{cut}")
            path.write_bytes(sealed[:cut])
            os.utime(path, (NOW / 1000, START / 1000 + 4))
            paths.append(path)
        store.seal_orphans(NOW)
        store.ingest(NOW)
        assert {one["request_id"] for one in store.records(EVER)} == {"a", "b"}
        assert store.tally()["synthetic"] == 1
        assert all(ends(path)[-1] == "platform.streamEnd" for path in paths)
        assert store.seal_orphans(NOW) == 0


def test_a_full_disk_is_told_and_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = killed(tmp_path)

    def half(descriptor: int, data: bytes) -> None:
        os.write(descriptor, data[: len(data) // 2])
        raise OSError(28, os.strerror(28))

    with Store.open(tmp_path, writer=True) as store:
        with monkeypatch.context() as patch:
            patch.setattr(orphans, "_append", half)
            with pytest.raises(StoreError, match="No space left"):
                store.seal_orphans(NOW)
        store.ingest(NOW)
        assert store.seal_orphans(NOW) == 1
        store.ingest(NOW)
        assert store.tally()["synthetic"] == 1
    assert ends(path)[-1] == "platform.streamEnd"
