"""One transaction with its line, the names of own fields, and which models there are."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest
from store_lines import GROUP, NOW, append, init_start, line, record, report

from inferwatch.query.question import Question
from inferwatch.store import Store

DAY = 86_400_000
LAST_WEEK = Question(start_ms=NOW - 7 * DAY, end_ms=NOW + 1)


def in_lake(store: Store) -> None:
    store.ingest(NOW)
    store.compact(NOW)


@pytest.mark.parametrize("compacted", [False, True])
def test_a_transaction_comes_with_its_line(tmp_path: Path, compacted: bool) -> None:
    wanted = line(2, NOW - 5 * DAY, pages=3)
    append(tmp_path, line(1) + b"loading ..." + wanted + line(3))
    append(tmp_path, line(4), group="/other")
    with Store.open(tmp_path, writer=True) as store:
        if compacted:
            in_lake(store)
        found = store.transaction(record(wanted)["transaction_id"])
        assert found is not None
        assert found.record == record(wanted)
        assert found.line == wanted.decode().rstrip("\n")
        assert store.transaction("00000000-0000-7000-8000-000000000000") is None
        assert store.transaction("no id' OR 1=1") is None


def test_a_message_is_found_though_it_started_days_after_it_was_sent(tmp_path: Path) -> None:
    document = record(line(1, NOW - 9 * DAY)) | {"start_at": "2025-11-21T09:00:00.000Z"}
    odd = document | {"transaction_id": "an id of another's making"}
    append(tmp_path, b"".join(orjson.dumps(one) + b"\n" for one in (document, odd)))
    with Store.open(tmp_path, writer=True) as store:
        in_lake(store)
        for one in (document, odd):
            found = store.transaction(one["transaction_id"])
            assert found is not None
            assert found.record == one


def test_without_its_stream_file_a_record_has_no_line(tmp_path: Path) -> None:
    path = append(tmp_path, line(1))
    with Store.open(tmp_path, writer=True) as store:
        in_lake(store)
        path.write_bytes(line(2) * 3)
        found = store.transaction(record(line(1))["transaction_id"])
        assert found is not None
        assert found.line is None
        path.unlink()
        assert store.transaction(record(line(1))["transaction_id"]) == found


def test_a_record_that_ingest_made_has_no_line(tmp_path: Path) -> None:
    from store_lines import platform

    append(tmp_path, init_start() + platform("start", requestId="r-1") + report("r-1", "timeout"))
    with Store.open(tmp_path, writer=True) as store:
        in_lake(store)
        (made,) = store.ask(LAST_WEEK).rows
        found = store.transaction(made["transaction_id"])
        assert found is not None
        assert (found.record["status"], found.line) == ("timeout", None)


def test_fields_are_those_of_the_newest_records_of_every_model(tmp_path: Path) -> None:
    with Store.open(tmp_path, writer=True) as store:
        assert store.fields(LAST_WEEK) == frozenset()
        append(tmp_path, line(1, NOW - 3 * DAY, old=1) + line(2, NOW - 30 * DAY, older=1))
        append(tmp_path, line(3, NOW - 6 * DAY, rare={"deep": 1}), group="/abc_corp/quiet")
        in_lake(store)
        append(tmp_path, line(4, pages=3, features={"age": [1]}, elapse=2.0))
        assert store.fields(LAST_WEEK) - {"features"} == {"old", "rare", "pages"}
        only = Question(start_ms=0, end_ms=NOW - 7 * DAY, node=GROUP)
        assert store.fields(only) == {"older"}


def test_models_are_listed_by_node_whether_lines_or_files_are_left(tmp_path: Path) -> None:
    gone = append(tmp_path, line(1), group="/abc_corp/claim/gone")
    append(tmp_path, line(2))
    append(tmp_path, line(3), group="/abc_corp/claims/other")
    with Store.open(tmp_path, writer=True) as store:
        in_lake(store)
        gone.unlink()
        append(tmp_path, line(4), group="/new")
        assert store.log_groups("/abc_corp/claim") == ["/abc_corp/claim/doc", "/abc_corp/claim/gone"]
        assert store.log_groups() == ["/abc_corp/claim/doc", "/abc_corp/claim/gone", "/abc_corp/claims/other", "/new"]
        assert store.log_groups("/nothing") == []
