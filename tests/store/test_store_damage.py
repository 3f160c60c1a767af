"""A catalog whose bytes are not what was written: told by a StoreError with what to do, never by anything else."""

from __future__ import annotations

import random
import shutil
import sqlite3
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from store_lines import DIMENSIONS, EVER, GROUP, NAMESPACE, NOW, append, line, record

from inferwatch.alarms.values import ALARM, OK, AlarmState, Transition
from inferwatch.errors import StoreError
from inferwatch.store import Store
from inferwatch.store.catalog import FILE

SCOPE = f"{GROUP}:prod"
WORK: tuple[Callable[[Store], object], ...] = (
    lambda store: store.ingest(NOW),
    lambda store: store.compact(NOW),
    lambda store: store.thin(NOW),
    lambda store: store.seal_orphans(NOW),
    lambda store: store.series(),
    lambda store: store.tally(),
    lambda store: store.check(),
    lambda store: store.records(EVER),
    lambda store: store.metrics(NAMESPACE).datapoints("LatencyMs", "p90", 60, NOW - 3_600_000, NOW, DIMENSIONS),
    lambda store: store.alarm_log(SCOPE).states(),
    lambda store: store.alarm_log(SCOPE).history(),
    lambda store: store.outbox(SCOPE).entries(10),
    lambda store: store.outbox(SCOPE).due(NOW),
)


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which every table of the catalog has rows."""
    data = tmp_path_factory.mktemp("damage") / "written"
    append(data, b"".join(line(number, NOW - 1000 - number * 991) for number in range(200)))
    with Store.open(data, writer=True) as store:
        store.ingest(NOW)
        store.compact(NOW)
        append(data, b"".join(line(number, NOW - 1000 - number * 997) for number in range(200, 300)))
        store.ingest(NOW)
        state = AlarmState(alarm="slow", state=ALARM, reason="too slow", since_ms=NOW, evaluated_ms=NOW)
        change = Transition(alarm="slow", previous=OK, state=ALARM, reason="too slow", at_ms=NOW, value=9.0)
        store.alarm_log(SCOPE).commit([state], [change], [])
    return data


def damaged(written: Path, target: Path, damage: Callable[[bytearray], None]) -> Path:
    shutil.copytree(written, target)
    file = target / FILE
    content = bytearray(file.read_bytes())
    damage(content)
    file.write_bytes(content)
    return target


def outcomes(data: Path, *, writer: bool) -> list[str]:
    """What each piece of work says: an empty text where it succeeds. Raises whatever is no StoreError."""
    said = []
    try:
        store = Store.open(data, writer=writer)
    except StoreError as error:
        return [str(error)]
    with store:
        for work in WORK:
            try:
                work(store)
                said.append("")
            except StoreError as error:
                said.append(str(error))
    return said


@pytest.mark.parametrize("seed", range(12))
def test_whatever_bytes_are_flipped_only_store_errors_come(written: Path, tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)

    def flip(content: bytearray) -> None:
        for _ in range(chance.choice((1, 20, 400))):
            content[chance.randrange(100, len(content))] ^= chance.randrange(1, 256)

    data = damaged(written, tmp_path / "data", flip)
    outcomes(data, writer=False)
    outcomes(data, writer=True)


def test_a_catalog_full_of_zeros_is_told_when_it_is_opened(written: Path, tmp_path: Path) -> None:
    def clear(content: bytearray) -> None:
        content[4096:] = bytes(len(content) - 4096)

    data = damaged(written, tmp_path / "data", clear)
    for writer in (True, False):
        assert "move catalog.sqlite away" in outcomes(data, writer=writer)[0]


def test_what_is_remembered_of_a_stream_and_no_longer_readable_is_told(written: Path, tmp_path: Path) -> None:
    data = tmp_path / "data"
    shutil.copytree(written, data)
    with closing(sqlite3.connect(data / FILE, isolation_level=None)) as connection:
        connection.execute("UPDATE stream SET invocations = x'ff00'")
    append(data, line(300))
    with Store.open(data, writer=True) as store, pytest.raises(StoreError, match=r"is damaged .* move catalog\.sqlite"):
        store.ingest(NOW)


def test_moving_the_catalog_away_brings_everything_back(written: Path, tmp_path: Path) -> None:
    data = damaged(written, tmp_path / "data", lambda content: content.clear())
    for file in data.glob(f"{FILE}*"):
        file.unlink()
    with Store.open(data, writer=True) as store:
        store.ingest(NOW)
        store.compact(NOW)
        ids = Counter(record["transaction_id"] for record in store.records(EVER))
        points = store.metrics(NAMESPACE).datapoints("Invocations", "Sum", 3600, NOW - 7_200_000, NOW, DIMENSIONS)
    assert (len(ids), set(ids.values())) == (300, {1})
    assert sum(point.value for point in points) == 300


def test_a_folder_among_the_files_in_the_making_is_cleared(tmp_path: Path) -> None:
    (tmp_path / "lake" / ".work" / "spilled").mkdir(parents=True)
    Store.open(tmp_path, writer=True).close()
    assert not (tmp_path / "lake" / ".work").exists()


@pytest.mark.parametrize("printed", [b"5", b"null", b"[1]", b'"x"', b'{"CloudWatchMetrics":5}'])
@pytest.mark.parametrize("kind", [b"inference_transaction", b"inference_attempt"])
def test_a_printed_record_whose_metrics_are_none_stops_no_ingest(tmp_path: Path, kind: bytes, printed: bytes) -> None:
    odd = b'{"type":"%s","transaction_id":"odd","start_at":"2025-11-21T09:00:00Z","_aws":%s}\n' % (kind, printed)
    append(tmp_path, line(1) + odd + line(2))
    with Store.open(tmp_path, writer=True) as store:
        store.ingest(NOW)
        store.compact(NOW)
        assert {record(line(1))["transaction_id"], record(line(2))["transaction_id"]} <= {
            found["transaction_id"] for found in store.records(EVER)
        }
