from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from inferwatch.sdk import LogStreamSink, MemorySink, Monitor
from inferwatch.sdk.streams import open_stream, stream_file


def test_a_group_is_a_folder_and_a_stream_a_file(tmp_path: Path) -> None:
    file = stream_file(tmp_path, "/abc_corp/claim/doc_classification", "2026/11/21/fn[1]ä b")
    assert (
        file == tmp_path / "logs/abc_corp/claim/doc_classification/@streams/2026%2F11%2F21%2Ffn%5B1%5D%C3%A4%20b.jsonl"
    )


def test_lines_are_appended_to_the_stream(compiled: dict[str, Any], tmp_path: Path, read: Callable[..., Any]) -> None:
    for n in range(2):
        sink = LogStreamSink(tmp_path, compiled["log_group"], "server-1")
        monitor = Monitor(compiled, sink)
        monitor.record(request={"n": n})
        sink.close()
        monitor.record()
        assert monitor.dropped == 1
    lines = sink.path.read_bytes().splitlines(keepends=True)
    assert [read(line)["request"]["n"] for line in lines] == [0, 1]


def test_a_stream_has_one_writer(tmp_path: Path) -> None:
    sink = LogStreamSink(tmp_path, "/a/b", "s")
    with pytest.raises(BlockingIOError):
        LogStreamSink(tmp_path, "/a/b", "s")
    LogStreamSink(tmp_path, "/a/b", "t").close()
    sink.close()
    LogStreamSink(tmp_path, "/a/b", "s").close()


def test_a_torn_last_line_is_ended_before_the_next(tmp_path: Path) -> None:
    file = stream_file(tmp_path, "/a/b", "s")
    file.parent.mkdir(parents=True)
    file.write_bytes(b'{"whole":1}\n{"torn":')
    descriptor = open_stream(file)
    os.write(descriptor, b'{"next":1}\n')
    os.close(descriptor)
    assert file.read_bytes() == b'{"whole":1}\n{"torn":\n{"next":1}\n'


def test_the_descriptor_is_not_left_to_children(tmp_path: Path) -> None:
    descriptor = open_stream(tmp_path / "s.jsonl")
    assert not os.get_inheritable(descriptor)
    os.close(descriptor)


def test_a_folder_that_cannot_be_made_raises(tmp_path: Path) -> None:
    (tmp_path / "logs").write_text("a file")
    with pytest.raises(OSError, match="logs"):
        LogStreamSink(tmp_path, "/a/b", "s")


def test_memory_keeps_lines_and_parses_them(monitor: Monitor, sink: MemorySink) -> None:
    monitor.record(pages=3)
    assert sink.records[0]["pages"] == 3
    assert "_aws" not in sink.records[0]
    assert len(sink.lines) == 1
    sink.clear()
    assert sink.records == []


def test_a_stream_file_is_its_owners_alone(tmp_path: Path) -> None:
    path = stream_file(tmp_path, "/a/b", "c")
    os.close(open_stream(path))
    assert path.stat().st_mode & 0o077 == 0
