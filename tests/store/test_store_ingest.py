from __future__ import annotations

import os
import random
import sqlite3
from pathlib import Path

import pytest
from store_lines import DIMENSIONS, EVER, IDENTITY, NAMESPACE, NOW, append, init_start, line, platform, record, report

from inferwatch.errors import StoreError
from inferwatch.ports import RecordQuery
from inferwatch.store import Store, ingest
from inferwatch.store.ingest import Ingested

HOUR = 3_600_000
DAY = 24 * HOUR


def total(store: Store, metric: str, statistic: str = "Sum", start: int = NOW - 30 * DAY, **more: str) -> float:
    points = store.metrics(NAMESPACE).datapoints(metric, statistic, 60, start, NOW + DAY, DIMENSIONS | more)
    return sum(point.value for point in points)


def test_a_pass_takes_in_what_is_new(tmp_path: Path) -> None:
    with Store.open(tmp_path, writer=True) as store:
        assert store.ingest(NOW) == Ingested()
        append(tmp_path, line(1) + b"hello\n" + line(2, status="failed"))
        taken = store.ingest(NOW)
        assert (taken.records, taken.texts) == (2, 1)
        assert store.ingest(NOW) == Ingested()
        append(tmp_path, line(3), stream="another")
        assert store.ingest(NOW).records == 1
        assert (total(store, "Invocations"), total(store, "ErrorCount")) == (3, 1)
        assert store.tally()["records"] == 3


def test_a_torn_line_waits_for_its_end(tmp_path: Path) -> None:
    with Store.open(tmp_path, writer=True) as store:
        append(tmp_path, line(1) + line(2)[:80])
        assert store.ingest(NOW).records == 1
        assert store.ingest(NOW).records == 0
        append(tmp_path, line(2)[80:])
        assert store.ingest(NOW).records == 1
        assert total(store, "Invocations") == 2


def test_a_torn_line_loses_only_itself_at_every_byte(tmp_path: Path) -> None:
    torn = line(2)
    with Store.open(tmp_path, writer=True) as store:
        for cut in range(0, len(torn), 7):
            append(tmp_path, line(2 * cut + 1) + torn[:cut] + b"\n" + line(2 * cut + 2), stream=f"{cut}")
        assert store.ingest(NOW).records == 2 * len(range(0, len(torn), 7))


def test_the_same_lines_twice_count_once(tmp_path: Path) -> None:
    with Store.open(tmp_path, writer=True) as store:
        append(tmp_path, line(1) + line(2) + line(1))
        append(tmp_path, line(2), stream="again")
        taken = store.ingest(NOW)
        assert (taken.records, taken.duplicates) == (2, 2)
        assert total(store, "Invocations") == 2
        assert len(store.records(EVER)) == 2
        store.compact(NOW)
        assert len(store.records(EVER)) == 2
        assert store._connection.execute("SELECT count(*) FROM duplicate").fetchone() == (0,)
        append(tmp_path, line(1), stream="much later")
        assert len(store.records(EVER)) == 2
        store.ingest(NOW)
        assert len(store.records(EVER)) == 2


def test_a_redelivery_on_the_next_day_counts_once(tmp_path: Path) -> None:
    sent = NOW - NOW % DAY - 1000
    again = line(1, sent).replace(record(line(1, sent))["start_at"].encode(), b"2025-11-21T00:00:05.000Z")
    with Store.open(tmp_path, writer=True) as store:
        append(tmp_path, line(1, sent) + again)
        assert store.ingest(NOW).duplicates == 1


def test_late_and_shuffled_records_land_in_their_own_minute(tmp_path: Path) -> None:
    starts = [NOW - 3 * HOUR + number * 7_000 for number in range(500)]
    lines = [line(number, start) for number, start in enumerate(starts)]
    random.Random(1).shuffle(lines)
    with Store.open(tmp_path, writer=True) as store:
        for at in range(0, 500, 50):
            append(tmp_path, b"".join(lines[at : at + 50]))
            store.ingest(NOW)
        points = store.metrics(NAMESPACE).datapoints("Invocations", "Sum", 60, NOW - 4 * HOUR, NOW, DIMENSIONS)
    expected = {start - start % 60_000 for start in starts}
    assert {point.timestamp_ms for point in points} == expected
    assert sum(point.value for point in points) == 500


def test_what_is_too_old_or_ahead_is_kept_but_not_measured(tmp_path: Path) -> None:
    with Store.open(tmp_path, writer=True) as store:
        append(tmp_path, line(1, NOW - 15 * DAY) + line(2, NOW + 3 * HOUR) + line(3))
        taken = store.ingest(NOW)
        assert (taken.records, taken.out_of_range) == (3, 2)
        assert total(store, "Invocations") == 1
        store.compact(NOW)
        assert len(store.records(EVER)) == 3


def test_any_embedded_metrics_are_taken(tmp_path: Path) -> None:
    directive = '{"Namespace":"N","Dimensions":[[]],"Metrics":[{"Name":"Throttles","Unit":"Count"}]}'
    emf = f'{{"_aws":{{"Timestamp":{NOW},"CloudWatchMetrics":[{directive}]}},"Throttles":[1,1,3]}}\n'
    with Store.open(tmp_path, writer=True) as store:
        append(tmp_path, emf.encode())
        assert store.ingest(NOW).records == 0
        (point,) = store.metrics("N").datapoints("Throttles", "Sum", 10, NOW, NOW + 1, {})
        assert (point.value, point.samples) == (5, 3)
        assert store.series()[0].unit == "Count"
        assert store.records(EVER) == []


def test_the_runtimes_report_is_measured(tmp_path: Path) -> None:
    with Store.open(tmp_path, writer=True) as store:
        done = report("r1", metrics={"initDurationMs": 812.5}) + report("r2")
        append(
            tmp_path, init_start(by_version=True) + platform("start", requestId="r1") + line(1, request_id="r1") + done
        )
        store.ingest(NOW)
        assert total(store, "InitDurationMs") == 812.5
        assert total(store, "MaxMemoryUsedMB", "SampleCount") == 2
        assert total(store, "BilledDurationMs", ModelVersion="3") == 20_000


def test_a_killed_invocation_gets_its_record(tmp_path: Path) -> None:
    start = NOW - 60_000
    lines = (
        init_start()
        + platform("start", start, requestId="good")
        + line(1, start, request_id="good")
        + report("good", "error", errorType="Unhandled")
        + platform("start", start, requestId="slow")
        + report("slow", "timeout", errorType="Sandbox.Timedout")
        + platform("start", start + 1, requestId="gone")
        + report("gone", "failure", errorType="Runtime.ExitError")
    )
    with Store.open(tmp_path, writer=True) as store:
        for at in range(0, len(lines), 97):  # whatever ingest saw of it when
            append(tmp_path, lines[at : at + 97])
            store.ingest(NOW)
            seen_before = store.records(EVER)
        taken = {found["request_id"]: found for found in seen_before}
        assert {name: found["status"] for name, found in taken.items()} == {
            "good": "succeeded",
            "slow": "timeout",
            "gone": "failed",
        }
        assert taken["slow"]["error"]["type"] == "Sandbox.Timedout"
        assert taken["slow"]["elapse"] == 10_000
        assert taken["gone"]["model_version"] == 3
        assert store.tally()["synthetic"] == 2
        assert total(store, "ErrorCount") == 2
        store.compact(NOW)
        assert store.records(EVER) == seen_before


def test_the_tail_makes_the_same_record_before_ingest_does(tmp_path: Path) -> None:
    with Store.open(tmp_path, writer=True) as store:
        append(tmp_path, init_start() + platform("start", requestId="slow"))
        store.ingest(NOW)
        append(tmp_path, report("slow", "timeout"))
        before = store.records(EVER)
        store.ingest(NOW)
        assert [found["status"] for found in before] == ["timeout"]
        assert store.records(EVER) == before


def test_a_retry_under_the_same_request_id_is_another_invocation(tmp_path: Path) -> None:
    with Store.open(tmp_path, writer=True) as store:
        once = lambda at: platform("start", at, requestId="r") + report("r", "failure", at + 10_000)  # noqa: E731
        append(tmp_path, init_start() + once(NOW - 60_000) + once(NOW - 30_000))
        assert store.ingest(NOW).synthetic == 2


def test_garbage_in_the_identity_is_counted_and_nothing_stops(tmp_path: Path) -> None:
    broken = [
        {},
        {"metrics": 5},
        {**IDENTITY, "metrics": 5},
        {**IDENTITY, "redact": 1},
        {**IDENTITY, "namespace": None},
    ]
    with Store.open(tmp_path, writer=True) as store:
        for number, identity in enumerate(broken):
            lines = (
                platform("initStart", inferwatch=identity) + platform("start", requestId="r") + report("r", "failure")
            )
            append(tmp_path, lines + line(number), stream=str(number))
        huge = platform(
            "report", requestId="h", status="failure", metrics={"durationMs": 1e100, "maxMemoryUsedMB": True}
        )
        append(tmp_path, init_start() + huge + report("x" * 5000, "failure") + line(99), stream="huge")
        taken = store.ingest(NOW)
        assert taken.unattributed + taken.synthetic >= len(broken)
        assert total(store, "SuccessCount") == len(broken) + 1
        store.compact(NOW)


def test_random_bytes_stop_nothing(tmp_path: Path) -> None:
    dice = random.Random(7)
    good = [line(number) for number in range(200)]
    spoiled = bytearray(b"".join(good))
    for _ in range(60):
        spoiled[dice.randrange(len(spoiled))] = dice.randrange(256)
    append(tmp_path, bytes(spoiled))
    append(tmp_path, dice.randbytes(100_000) + b"\n" + line(1000), stream="noise")
    with Store.open(tmp_path, writer=True) as store:
        records = store.ingest(NOW).records
        assert records >= 141
        assert len(store.records(EVER)) == records
        store.compact(NOW)
        assert len(store.records(EVER)) == records


def test_a_failed_pass_leaves_nothing_and_the_next_takes_all(tmp_path: Path) -> None:
    with Store.open(tmp_path, writer=True) as store:
        append(tmp_path, b"".join(line(number) for number in range(50)))
        connection = store._connection
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count = {pages + 1}")
        big = "".join(f"x{number}" for number in range(2000))
        append(
            tmp_path,
            b"".join(line(number, NOW - number * 10_000, **{}) for number in range(100, 800)) + big.encode() + b"\n",
        )
        with pytest.raises(StoreError, match="full"):
            store.ingest(NOW)
        assert store.tally() == {}
        assert store.series() == []
        connection.execute("PRAGMA max_page_count = 1073741823")
        assert store.ingest(NOW).records == 750
        assert total(store, "Invocations") == 750


def test_a_catalog_locked_by_another_is_told_and_tried_again(tmp_path: Path) -> None:
    with Store.open(tmp_path, writer=True) as store:
        store._connection.execute("PRAGMA busy_timeout = 10")
        append(tmp_path, line(1))
        other = sqlite3.connect(tmp_path / "catalog.sqlite", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreError, match="locked"):
            store.ingest(NOW)
        other.close()
        assert store.ingest(NOW).records == 1


def test_many_batches_are_one_pass(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ingest, "BATCH_BYTES", 5_000)
    monkeypatch.setattr(ingest, "LONGEST_LINE", 3_000)
    for stream in "abc":
        append(
            tmp_path,
            b"".join(line(number) for number in range(ord(stream) * 100, ord(stream) * 100 + 30)),
            stream=stream,
        )
    with Store.open(tmp_path, writer=True) as store:
        assert store.ingest(NOW).records == 90
        assert store.tally()["records"] == 90


def test_another_file_under_the_name_of_a_deleted_one_is_read_from_its_start(tmp_path: Path) -> None:
    with Store.open(tmp_path, writer=True) as store:
        path = append(tmp_path, line(1) + line(1) + line(2))
        store.ingest(NOW)
        path.unlink()
        append(tmp_path, line(3) + line(3) + line(4) + line(5))
        assert len(store.records(EVER)) == 3
        assert store.ingest(NOW).records == 3
        assert total(store, "Invocations") == 5
        store.compact(NOW)
        assert len(store.records(EVER)) == 3


def test_a_file_that_lost_its_end_is_read_on_from_there(tmp_path: Path) -> None:
    with Store.open(tmp_path, writer=True) as store:
        path = append(tmp_path, line(1) + line(2) + line(2))
        store.ingest(NOW)
        with path.open("r+b") as file:  # a power cut took what was not on the disk yet
            file.truncate(len(line(1)))
        store.ingest(NOW)
        append(tmp_path, line(3, NOW - 5) + line(3, NOW - 5))
        assert store.ingest(NOW).records == 1
        append(tmp_path, line(4))
        assert store.ingest(NOW) == Ingested(size=len(line(4)), records=1)
        store.compact(NOW)
        assert len(store.records(EVER)) == 3


def test_a_data_folder_that_was_copied_goes_on(tmp_path: Path) -> None:
    append(tmp_path / "old", line(1))
    with Store.open(tmp_path / "old", writer=True) as store:
        store.ingest(NOW)
    (tmp_path / "old").rename(tmp_path / "new")
    append(tmp_path / "new", line(2))
    with Store.open(tmp_path / "new", writer=True) as store:
        assert store.ingest(NOW) == Ingested(size=len(line(2)), records=1)


def test_restart_keeps_all(tmp_path: Path) -> None:
    for number in range(3):
        append(tmp_path, line(number))
        with Store.open(tmp_path, writer=True) as store:
            store.ingest(NOW)
            store.compact(NOW)
    with Store.open(tmp_path, writer=True) as store:
        assert store.ingest(NOW) == Ingested()
        assert total(store, "Invocations") == 3
        assert len(store.records(EVER)) == 3


def test_a_sealed_stream_is_not_looked_at_again(tmp_path: Path) -> None:
    with Store.open(tmp_path, writer=True) as store:
        append(tmp_path, init_start() + line(1) + platform("streamEnd"))
        store.ingest(NOW)
    with Store.open(tmp_path, writer=True) as store:
        assert store.ingest(NOW) == Ingested()
        store.compact(NOW)
        assert len(store.records(RecordQuery(start_ms=0, end_ms=NOW))) == 1


def test_an_end_of_the_stream_that_the_model_printed_ends_nothing(tmp_path: Path) -> None:
    with Store.open(tmp_path, writer=True) as store:
        append(tmp_path, init_start() + line(1) + platform("streamEnd"))
        store.ingest(NOW)
        append(tmp_path, line(2) + platform("start", requestId="open"))
        store.ingest(NOW)
        store.compact(NOW)
        assert total(store, "Invocations") == 2
        assert store.backlog() == 0
        store.seal_orphans(NOW)
        store.ingest(NOW)
        assert [found["status"] for found in store.records(EVER)].count("failed") == 1
    with Store.open(tmp_path, writer=True) as store:
        append(tmp_path, line(3))
        store.ingest(NOW)
        assert len(store.records(EVER)) == 4


def test_a_pipe_among_the_streams_is_none(tmp_path: Path) -> None:
    append(tmp_path, line(1))
    os.mkfifo(next(tmp_path.rglob("@streams")) / "pipe.jsonl")
    with Store.open(tmp_path, writer=True) as store:
        assert store.ingest(NOW).records == 1
        assert store.backlog() == 0
