from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from store_lines import EVER, GROUP, NOW, append, line, record

from inferwatch.errors import QueryError
from inferwatch.ports import Record, RecordQuery
from inferwatch.store import Store

DAY = 86_400_000
LABELS = ["zebra", "Dog", "größe", 'quo"te', "%", "_"]


def lines() -> list[bytes]:
    dice = random.Random(3)
    made = []
    for number in range(240):
        fields: dict[str, Any] = {
            "confidence": dice.choice([None, 0.25, 0.5, dice.random()]),
            "label": dice.choice(LABELS),
            "environment": dice.choice(["dev", "prod"]),
        }
        if dice.random() < 0.2:
            fields["error"] = {"type": "ValueError", "message": "Bad Input"}
        status = dice.choice(["succeeded", "failed", "timeout", "rejected"])
        start = NOW - dice.choice([0, 1, 1000, DAY, 2 * DAY + 5, 9 * DAY]) - number % 7
        made.append(line(number, start, elapse=dice.choice([5.0, 20.25, 3000.0]), status=status, **fields))
    return made


@pytest.fixture(scope="module")
def sides(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Store]]:
    """The same records: unread, read and not compacted, half compacted, compacted, compacted and merged."""
    stores = {}
    for side in ("unread", "tail", "half", "lake", "merged"):
        data = tmp_path_factory.mktemp(side)
        store = stores[side] = Store.open(data, writer=True)
        made = lines()
        for at in range(0, len(made), 24):
            append(data, b"".join(made[at : at + 24]), stream=f"{at % 48}")
            if side != "unread":
                store.ingest(NOW)
            if side == "merged" or (side == "half" and at == 120):
                store.compact(NOW)
        if side == "lake":
            store.compact(NOW)
    yield stores
    for store in stores.values():
        store.close()


def expected(query: RecordQuery) -> list[Record]:
    """The answer by definition, over the plain lines."""
    found = [record(one) for one in lines()]

    def start(one: Record) -> int:
        return int(one["transaction_id"].replace("-", "")[:12], 16)

    found = [
        one
        for one in found
        if query.start_ms <= start(one) < query.end_ms
        and (query.environment is None or one["environment"] == query.environment)
        and (not query.status or one["status"] in query.status)
        and (query.version is None or str(one["model_version"]) == query.version)
        and (query.min_elapse is None or one["elapse"] >= query.min_elapse)
        and (query.text is None or query.text.lower() in repr([one["label"], one.get("error")]).lower())
    ]
    found.sort(
        key=lambda one: (start(one), one["transaction_id"]),
        reverse=query.order not in {"start_at", "confidence"},
    )
    if query.order == "-elapse":
        found.sort(key=lambda one: -one["elapse"])
    if query.order == "confidence":
        found.sort(key=lambda one: (one.get("confidence") is None, one.get("confidence") or 0))
    return found[: query.limit]


queries = st.builds(
    RecordQuery,
    start_ms=st.sampled_from([0, NOW - 2 * DAY, NOW - 1000]),
    end_ms=st.sampled_from([NOW - 5, NOW - DAY, NOW + 1]),
    log_group=st.sampled_from([None, GROUP]),
    environment=st.sampled_from([None, "dev", "prod", "test"]),
    status=st.sampled_from([(), ("failed",), ("failed", "timeout"), ("nothing",)]),
    version=st.sampled_from([None, "3", "4"]),
    min_elapse=st.sampled_from([None, 20.25, 3000.0]),
    text=st.sampled_from([None, "ZEBRA", "dog", "GRÖSSE".replace("SS", "ß"), "bad input", "%"]),
    order=st.sampled_from(["-start_at", "start_at", "-elapse", "confidence"]),
    limit=st.sampled_from([0, 1, 7, 1000]),
)


@given(queries)
@settings(max_examples=30, deadline=None)
def test_wherever_the_records_lie_the_answer_is_the_same(sides: dict[str, Store], query: RecordQuery) -> None:
    wanted = expected(query)
    for side, store in sides.items():
        assert store.records(query) == wanted, side


@pytest.mark.parametrize("order", ["-start_at", "start_at"])
def test_pages_follow_one_another_without_gap_or_repeat(sides: dict[str, Store], order: Any) -> None:
    for store in sides.values():
        whole = store.records(RecordQuery(start_ms=0, end_ms=NOW + 1, order=order, limit=1000))
        pages: list[Record] = []
        before = None
        while page := store.records(RecordQuery(start_ms=0, end_ms=NOW + 1, order=order, limit=17, before=before)):
            pages += page
            last = page[-1]["transaction_id"]
            before = (int(last.replace("-", "")[:12], 16), last)
        assert pages == whole


def test_one_record_by_its_id(sides: dict[str, Store]) -> None:
    wanted = record(lines()[33])
    query = RecordQuery(start_ms=-(2**62), end_ms=2**62, transaction_id=wanted["transaction_id"])
    assert [store.records(query) for store in sides.values()] == [[wanted]] * len(sides)


def test_values_are_never_sql(sides: dict[str, Store]) -> None:
    evil = "' OR 1=1 --"
    for store in sides.values():
        for query in (
            RecordQuery(start_ms=0, end_ms=NOW, version=evil),
            RecordQuery(start_ms=0, end_ms=NOW, transaction_id=evil),
            RecordQuery(start_ms=0, end_ms=NOW, status=(evil,)),
            RecordQuery(start_ms=0, end_ms=NOW, text=evil),
            RecordQuery(start_ms=0, end_ms=NOW, log_group=evil),
            RecordQuery(start_ms=0, end_ms=NOW, environment=evil),
            RecordQuery(start_ms=0, end_ms=NOW, before=(NOW, evil), status=("x",)),
        ):
            assert store.records(query) == []


def test_an_unknown_order_is_refused(sides: dict[str, Store]) -> None:
    with pytest.raises(QueryError, match="order"):
        sides["lake"].records(RecordQuery(start_ms=0, end_ms=NOW, order="random()"))  # type: ignore[arg-type]


def test_models_are_told_apart(tmp_path: Path) -> None:
    append(tmp_path, line(1))
    append(tmp_path, line(2), group="/abc_corp/claim/other")
    with Store.open(tmp_path, writer=True) as store:
        for _ in range(2):
            assert len(store.records(EVER)) == 2
            assert store.records(msgspec.structs.replace(EVER, log_group=GROUP)) == [record(line(1))]
            store.ingest(NOW)
            store.compact(NOW)


def test_a_late_record_in_the_tail_does_not_hide_a_day_of_the_lake(tmp_path: Path) -> None:
    append(tmp_path, line(1, NOW) + line(2, NOW - DAY))
    with Store.open(tmp_path, writer=True) as store:
        store.ingest(NOW)
        store.compact(NOW)
        append(tmp_path, line(3, NOW - 5 * DAY))
        newest = store.records(RecordQuery(start_ms=0, end_ms=NOW + 1, limit=2))
        assert newest == [record(line(1, NOW)), record(line(2, NOW - DAY))]
        append(tmp_path, line(4, NOW))
        oldest = store.records(RecordQuery(start_ms=0, end_ms=NOW + 1, limit=2, order="start_at"))
        assert oldest == [record(line(3, NOW - 5 * DAY)), record(line(2, NOW - DAY))]


def test_a_reader_beside_the_writer_sees_each_record_once_at_every_step(tmp_path: Path) -> None:
    with Store.open(tmp_path, writer=True) as writer, Store.open(tmp_path, writer=False) as reader:
        for number in range(12):
            append(tmp_path, line(number))
            assert len(reader.records(EVER)) == number + 1
            writer.ingest(NOW)
            assert len(reader.records(EVER)) == number + 1
            writer.compact(NOW)
            assert len(reader.records(EVER)) == number + 1
