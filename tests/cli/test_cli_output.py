"""What is printed for programs."""

from __future__ import annotations

from typing import Any

import pytest

from inferwatch.cli import output


def test_a_record_deeper_than_json_is_written_stops_no_list(capsys: pytest.CaptureFixture[str]) -> None:
    deep: list[Any] = []
    for _ in range(300):
        deep = [deep]
    output.json_lines([{"id": 1}, {"id": 2, "request": deep}, {3: "id"}])
    first, second, third = capsys.readouterr().out.splitlines()
    assert (first, third) == ('{"id":1}', '{"3":"id"}')
    assert second.startswith('{"id":2,"request":[[')
