from __future__ import annotations

import orjson
from hypothesis import given, settings
from hypothesis import strategies as st
from store_lines import line, platform

from inferwatch.sdk.endpoint_line import endpoint_line
from inferwatch.store.streams import scan as scanning
from inferwatch.store.streams.scan import complete, scan

RECORD = line(1)
PLATFORM = platform("start", requestId="r", version="1")
METRICS = b'{"_aws":{"Timestamp":1,"CloudWatchMetrics":[]},"Throttles":1}\n'


def kinds(data: bytes) -> list[str]:
    return [event.kind for event in scan(data)]


def test_each_kind_is_told() -> None:
    events = list(scan(RECORD + PLATFORM + METRICS + b"hello\n" + b'{"a":1}\n', base=100))
    assert [event.kind for event in events] == ["record", "platform", "metrics", "text", "text"]
    assert events[0].offset == 100
    assert events[1].offset == 100 + len(RECORD)
    assert events[1].at_ms == orjson.loads(RECORD)["_aws"]["Timestamp"]


def test_an_endpoints_line_is_text_that_has_a_time() -> None:
    """The transaction is the function's record: one inference counts once."""
    (event,) = scan(endpoint_line(RECORD))
    assert (event.kind, event.at_ms) == ("text", orjson.loads(RECORD)["_aws"]["Timestamp"])


def test_metrics_need_not_come_first_in_the_object() -> None:
    assert kinds(b'{"Throttles": 1, "_aws": {"Timestamp": 1, "CloudWatchMetrics": []}}\n') == ["metrics"]


def test_text_glued_in_front_of_a_line_is_cut_off() -> None:
    for ours, kind in ((RECORD, "record"), (PLATFORM, "platform"), (METRICS, "metrics")):
        events = list(scan(b"loading model..." + ours))
        assert [(event.kind, event.offset) for event in events] == [("text", 0), (kind, 16)]


def test_a_torn_line_loses_only_itself() -> None:
    for cut in range(1, len(RECORD) - 1):
        found = [event for event in scan(RECORD[:cut] + line(2)) if event.kind == "record"]
        assert [event.document["transaction_id"] for event in found if event.document] == [
            orjson.loads(line(2))["transaction_id"]
        ] or (cut == len(RECORD) - 1 and len(found) == 2)


def test_a_line_that_lost_only_its_end_is_kept() -> None:
    assert kinds(RECORD.rstrip(b"\n") + PLATFORM) == ["record", "platform"]


def test_a_record_whose_payload_looks_like_a_line_is_one_record() -> None:
    nested = line(1, request={"log": orjson.loads(METRICS), "more": [orjson.loads(RECORD)]})
    assert kinds(nested) == ["record"]
    assert kinds(b"glued " + nested) == ["text", "record"]


def test_what_cannot_be_read_is_text() -> None:
    for bad in (
        b"\x00\x00\x00\n",
        b"\xff\xfe{\n",
        RECORD.replace(b"succeeded", b"succ\xffeded"),
        b'{"_aws":NaN}\n',
        b"[" * 9000 + b"\n",
    ):
        assert set(kinds(bad)) == {"text"}
    assert kinds(b'{"type":"inference_transaction","transaction_id":5,"start_at":"2025-11-21T09:12:00.000Z"}\n') == [
        "text"
    ]
    assert kinds(b'{"type":"inference_transaction","transaction_id":"x","start_at":"soon"}\n') == ["text"]
    assert kinds(b"\n \n\r\n") == []


def test_an_unfinished_line_waits() -> None:
    assert complete(b"") == 0
    assert complete(RECORD[:-1]) == 0
    assert complete(RECORD + b"abc") == len(RECORD)


def test_an_endless_line_is_cut_and_what_follows_is_read(monkeypatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setattr(scanning, "LONGEST_LINE", 4096)
    data = b"x" * 5000 + RECORD
    first = complete(data[:4096])
    assert first == 4096
    assert kinds(data[first:]) == ["text", "record"]
    assert complete(b"x" * 4000 + RECORD[:96]) == 4000


def test_many_beginnings_on_one_line_take_no_time_for_ever() -> None:
    assert set(kinds(b'{"_aws"' * 50_000 + b"\n")) == {"text"}


pieces = st.lists(
    st.one_of(
        st.binary(max_size=40),
        st.sampled_from(
            [RECORD, PLATFORM, METRICS, RECORD[:50], RECORD[:-1], b"\n", b"{", b'{"_aws"', b'{"time":"', b"\x00"]
        ),
    ),
    max_size=12,
).map(b"".join)


@given(pieces)
@settings(max_examples=300, deadline=None)
def test_every_byte_belongs_to_one_event_or_is_blank(data: bytes) -> None:
    place = 0
    for event in scan(data, 7):
        assert not data[place : event.offset - 7].strip()
        assert event.length > 0
        place = event.offset - 7 + event.length
    assert not data[place:].strip()


@given(pieces, st.integers(0, 400))
@settings(max_examples=200, deadline=None)
def test_reading_in_pieces_finds_the_same_events(data: bytes, cut: int) -> None:
    data += b"\n"
    first = complete(data[:cut])
    assert [*scan(data[:first]), *scan(data[first:], first)] == list(scan(data))
