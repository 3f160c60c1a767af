from __future__ import annotations

from pathlib import Path

from inferwatch.cli.log import BACK_BYTES, Log
from inferwatch.sdk.streams import stream_file


def append(data: Path, text: str, log_group: str = "/test/claim", stream: str = "s") -> None:
    path = stream_file(data, log_group, stream)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as file:
        file.write(text)


def new(log: Log) -> list[str]:
    return [entry.text for entry in log.new()]


def test_what_was_shown_as_the_last_is_not_new(tmp_path: Path) -> None:
    append(tmp_path, "one\ntwo\nthr")
    log = Log(tmp_path, None)
    assert [entry.text for entry in log.last(1)] == ["two\n"]
    assert new(log) == []
    append(tmp_path, "ee\n\n")
    append(tmp_path, "elsewhere\n", stream="other")
    assert sorted(new(log)) == ["elsewhere\n", "three\n"]
    assert new(log) == []


def test_only_the_end_of_a_long_stream_is_looked_at(tmp_path: Path) -> None:
    append(tmp_path, "x" * 99 + "\n" + ("y" * 99 + "\n") * (BACK_BYTES // 100 + 1))
    assert {entry.text[0] for entry in Log(tmp_path, None).last(1_000_000)} == {"y"}


def test_a_log_group_has_those_below_it_and_no_namesakes(tmp_path: Path) -> None:
    for group in ("/test/claim", "/test/claim/doc", "/test/claims"):
        append(tmp_path, f"{group}\n", group)
    assert [entry.text for entry in Log(tmp_path, "/test/claim/").last(9)] == ["/test/claim\n", "/test/claim/doc\n"]
