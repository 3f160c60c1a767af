"""The demo's parts; the demo as a whole is a test of its own in tests/e2e."""

from __future__ import annotations

import itertools
import urllib.error
import urllib.request
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from inferwatch.alarms.values import ALARM, OK, State, Transition
from inferwatch.cli.demo.account import Account, reckon
from inferwatch.cli.demo.camera import Camera, blurred
from inferwatch.cli.demo.rehearsal import Take
from inferwatch.cli.demo.seed import seed
from inferwatch.cli.demo.sender import Tally
from inferwatch.cli.demo.slack_sink import SlackSink
from inferwatch.cli.demo.story import STORY, STORY_ALARMS, phase_at
from inferwatch.ports import RecordQuery
from inferwatch.serving.features import check
from inferwatch.spec import load_spec
from inferwatch.store import Store

EXAMPLE = Path(__file__).parents[2] / "examples" / "digits"
NOW_MS = 1_795_000_000_000
IMAGE = [0.0] * 32 + [16.0] * 32


def story_of(alarm: str, *states: State) -> list[Transition]:
    return [
        Transition(alarm=alarm, previous=previous, state=state, reason="", at_ms=NOW_MS)
        for previous, state in itertools.pairwise(states)
    ]


WELL = [change for alarm in STORY_ALARMS for change in story_of(alarm, OK, ALARM, OK)]


def account(**changed: Any) -> Account:
    tally = Tally()
    tally.sent = 3
    for code, request_id in ((200, "a"), (400, "b"), (429, None)):
        tally.answered(code, request_id)
    records = [{"request_id": "a", "status": "succeeded"}, {"request_id": "b", "status": "rejected"}]
    given: dict[str, Any] = {"records": records, "transitions": WELL, "notifications": Counter(delivered=4)}
    given |= changed
    return reckon(tally, given["records"], given["transitions"], given["notifications"], 4, 1.0)


def test_an_account_that_balances() -> None:
    settled = account()
    assert settled.ok
    assert (settled.sent, settled.refused, settled.recorded) == (3, 1, 2)
    assert settled.by_status == {"rejected": 1, "succeeded": 1}


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        ({"records": [{"request_id": "a", "status": "succeeded"}]}, "1 invocations are not in the store"),
        ({"records": [{"request_id": r, "status": "failed"} for r in "aab"]}, "1 records stand more than once"),
        ({"transitions": WELL[:2]}, f"{STORY_ALARMS[1]} did not go to ALARM"),
        ({"transitions": WELL[:-1]}, f"{STORY_ALARMS[1]} did not return to OK"),
        ({"notifications": Counter(delivered=3, pending=1)}, "notifications not delivered"),
    ],
)
def test_an_account_that_does_not_balance_says_why(changed: dict[str, Any], problem: str) -> None:
    settled = account(**changed)
    assert not settled.ok
    assert problem in settled.problems[0]


def test_the_phases_follow_each_other_to_the_end() -> None:
    assert [phase.until for phase in STORY] == sorted(phase.until for phase in STORY)
    assert phase_at(0.0) is STORY[0]
    assert phase_at(1.5) is STORY[-1]


def test_a_blurred_image_has_softer_edges_and_the_same_range() -> None:
    soft = blurred(IMAGE)
    assert max(abs(a - b) for a, b in zip(soft, soft[8:], strict=False)) < 16
    assert min(soft) >= 0
    assert max(soft) <= 16


def test_the_camera_follows_the_phase_and_repeats_itself() -> None:
    features = load_spec(EXAMPLE, environ={}).compile()["features"]
    shots = {kind: [Camera([IMAGE]).shoot(kind) for _ in range(5)] for kind in ("healthy", "blurred")}
    assert shots["healthy"][0] == {"pixels": IMAGE}
    assert shots["blurred"][0] == {"pixels": blurred(IMAGE)}
    camera = Camera([IMAGE])
    assert any(isinstance(shot, dict) and "wait_ms" in shot for shot in (camera.shoot("slow") for _ in range(40)))
    garbage = [shot for shot in (camera.shoot("garbage") for _ in range(40)) if isinstance(shot, bytes)]
    assert len(set(garbage)) > 3
    for shot in shots["healthy"] + shots["blurred"]:
        assert isinstance(shot, dict)
        check(features, shot)


def test_the_seeded_hour_is_whole_and_marked(tmp_path: Path) -> None:
    spec = load_spec(EXAMPLE, environ={})
    count = seed(spec.compile(), tmp_path, [Take(IMAGE, 3, 0.9, 0.4)], NOW_MS)
    with Store.open(tmp_path, writer=True) as store:
        store.ingest(NOW_MS)
        found = store.records(RecordQuery(start_ms=NOW_MS - 3_600_000, end_ms=NOW_MS, limit=10_000))
    assert len(found) == count == 1800
    assert all(record["seeded"] for record in found)


def test_the_stand_in_for_slack_takes_only_what_slack_would() -> None:
    sink = SlackSink()
    try:
        assert post(sink.url, b'{"text": "hello"}') == 200
        assert post(sink.url, b"hello") == 400
        assert post(sink.url + "x", b'{"text": "hello"}') == 400
        assert sink.messages == [{"text": "hello"}]
    finally:
        sink.close()


def post(url: str, body: bytes) -> int:
    try:
        with urllib.request.urlopen(url, body, timeout=10) as answer:
            status: int = answer.status
            return status
    except urllib.error.HTTPError as error:
        with error:
            return error.code
