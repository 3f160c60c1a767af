"""Features whose names differ by case alone, and more features than there are columns: told apart wherever they lie."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from store_lines import EVER, NOW, append, line, record

from inferwatch.lake.feature_columns import MOST_COLUMNS
from inferwatch.query.wording import question
from inferwatch.store import Store
from inferwatch.store.lake import merge

SPELLED: list[dict[str, Any]] = [
    {"Age": 1, "Straße": "a"},
    {"age": 2.5, "STRASSE": "b"},
    {"AGE": "x", "age": [4]},
    {"age": 3, "city": "c"},
    {"Age": 7, "City": "it's", "straße": "d"},
]


def counted(store: Store, where: str) -> int:
    asked = question(where, start_ms=0, end_ms=2 * NOW, stats=("count",))
    return int(store.ask(asked).rows[0]["count"])


def check(store: Store, lines: list[bytes]) -> None:
    found = {one["transaction_id"]: one for one in store.records(EVER)}
    assert found == {record(one)["transaction_id"]: record(one) for one in lines}
    assert counted(store, "features.age >= 2") == 2
    assert counted(store, "features.Age >= 2") == 1
    assert counted(store, "features.AGE = 'x' AND features.age[0] = 4") == 1
    assert counted(store, "features.City = 'it''s' OR features.city = 'C'") == 1
    assert counted(store, "features.\"STRASSE\" = 'b' OR features.\"Straße\" = 'a'") == 2
    largest = question(start_ms=0, end_ms=2 * NOW, stats=("max:features.Age", "max:features.age"))
    assert store.ask(largest).rows == [{"max:features.Age": 7, "max:features.age": 3}]


def test_names_that_differ_by_case_are_different_features_in_files_and_tail(tmp_path: Path) -> None:
    lines = [line(number, features=features) for number, features in enumerate(SPELLED)]
    with Store.open(tmp_path, writer=True) as store:
        for one in lines[:-1]:
            append(tmp_path, one)
            store.ingest(NOW)
            store.compact(NOW)
        append(tmp_path, lines[-1])
        check(store, lines)
        store.ingest(NOW)
        store.compact(NOW)
        check(store, lines)


def test_they_stay_different_when_files_become_one(tmp_path: Path) -> None:
    given = (SPELLED * 2)[: merge.FILES - 1]
    lines = [line(number, features=features) for number, features in enumerate([*given, {"age": 0.5, "CITY": "e"}])]
    with Store.open(tmp_path, writer=True) as store:
        for one in lines:
            append(tmp_path, one)
            store.ingest(NOW)
            done = store.compact(NOW)
        assert done.merged == merge.FILES
        found = {one["transaction_id"]: one for one in store.records(EVER)}
    assert found == {record(one)["transaction_id"]: record(one) for one in lines}


def test_a_record_of_more_features_than_there_are_columns_can_be_asked_for_at_once(tmp_path: Path) -> None:
    last = MOST_COLUMNS + 100
    append(tmp_path, line(1, features={f"p{number}": number for number in range(last + 1)}))
    with Store.open(tmp_path, writer=True) as store:
        for _ in range(2):
            assert counted(store, f"features.p0 = 0 AND features.p{last} = {last}") == 1
            assert len(store.records(EVER)) == 1
            store.ingest(NOW)
            store.compact(NOW)
