from __future__ import annotations

import json
import re
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from notify_examples import a_composite_notification, a_notification, a_transition, standing

from inferwatch.alarms.values import ALARM, INSUFFICIENT_DATA, OK
from inferwatch.notify.message import FIELD_MAX, TEXT_MAX, clip, escape, slack_message


def texts(message: Any) -> list[str]:
    """Every piece of text that Slack reads as its markup."""
    if isinstance(message, dict):
        own = [message["text"]] if isinstance(message.get("text"), str) else []
        return own + [t for value in message.values() for t in texts(value)]
    return [t for item in message for t in texts(item)] if isinstance(message, list) else []


def whole(**changes: Any) -> str:
    return "\n".join(texts(slack_message(a_notification(**changes))))


def test_it_says_what_one_needs_to_know() -> None:
    text = whole()
    assert text.startswith("ALARM: Low-Probability-Alarm, digits 3 (dev)")
    assert "Average of PredictionProbability is 0.41, threshold: less than 0.45" in text
    assert "ALARM since 2026-11-21 12:00:00 UTC, before: OK" in text
    assert "*Model*\n/demo/vision/digits" in text
    assert "*Version*\n3" in text
    assert "*Environment*\ndev" in text
    assert "The model is unsure." in text
    assert "`t1` succeeded, 12.5 ms, confidence 0.31, prediction 7" in text
    assert "<https://example.com/runbook?a=1&amp;b=2|Runbook>" in text
    assert "<http://127.0.0.1:8000/?alarm=Low-Probability-Alarm&amp;at=1|Open the page>" in text


def test_a_composite_alarm_says_which_of_its_alarms_are_in_alarm_and_why() -> None:
    text = "\n".join(texts(slack_message(a_composite_notification())))
    assert text.startswith("ALARM: Page-Somebody, digits 3 (dev)")
    assert "*in ALARM: &lt;unsure&gt; (NOT OK(quiet) AND (ALARM(slow) OR ALARM(&lt;unsure&gt;)))*" in text
    assert "\n&lt;unsure&gt;: &lt;unsure&gt; is ALARM" in text
    assert "slow is OK" not in text
    assert "None" not in text


def test_a_composite_alarm_over_many_names_the_first() -> None:
    children = tuple(standing(f"a{number}", ALARM) for number in range(100))
    message = slack_message(a_composite_notification(children=children, rule="TRUE"))
    assert "\na19: a19 is ALARM\nand 80 more" in "\n".join(texts(message))
    assert all(len(text) <= TEXT_MAX for text in texts(message))


def test_a_composite_alarm_may_be_in_alarm_while_none_of_its_alarms_is() -> None:
    message = slack_message(a_composite_notification(children=(standing("a", OK),), rule="OK(a)"))
    assert any(text.startswith("*in ALARM: none of its alarms (OK(a))*") for text in texts(message))


def test_what_is_foreign_is_escaped() -> None:
    assert "`t2` failed, ValueError: a &lt; b &amp; c" in whole()
    hostile = {"transaction_id": "<!channel>", "prediction": "<@U1> & <https://evil|Open the page>"}
    text = whole(records=(hostile,), description="<!here>\n*x*", runbook="not a link <x>")
    assert "<!" not in text
    assert "<@" not in text
    assert "&lt;https://evil|Open the page&gt;" in text
    assert "Runbook: not a link &lt;x&gt;" in text


def test_a_link_cannot_break_out_of_its_markup() -> None:
    text = whole(runbook="https://example.com/a|b>c <d> \"'")
    assert "<https://example.com/a%7Cb%3Ec%20%3Cd%3E%20%22'|Runbook>" in text


def test_state_in_words_and_colour() -> None:
    seen = {}
    for state in (ALARM, OK, INSUFFICIENT_DATA):
        message = slack_message(a_notification(transition=a_transition(state=state)))
        seen[message["text"].split(":")[0]] = message["attachments"][0]["color"]
    assert list(seen) == ["ALARM", "OK", "NO DATA"]
    assert len(set(seen.values())) == 3


def test_values_have_their_unit_and_may_be_absent() -> None:
    slow = whole(metric="LatencyMs", statistic="p90", unit="Milliseconds", threshold=2000.0)
    assert "p90 of LatencyMs is 0.41 ms, threshold: less than 2000 ms" in slow
    gone = whole(transition=a_transition(value=None))
    assert "Average of PredictionProbability has no data, threshold: less than 0.45" in gone


def test_a_duplicate_says_so() -> None:
    assert "This may have been delivered before." in whole(duplicate=True)
    assert "before." not in whole()


def test_a_storm_is_one_message_with_the_other_alarms_in_it() -> None:
    also = tuple(a_transition(f"alarm-{i}", state=OK) for i in range(499))
    text = whole(also=also)
    assert "Low-Probability-Alarm and 499 more" in text
    assert "OK: alarm-19\n" in text
    assert "alarm-20" not in text
    assert "and 479 more, all on the page" in text


def test_nothing_but_the_necessary_is_needed() -> None:
    message = slack_message(a_notification(records=(), description="", runbook="", link=""))
    assert all(block.get("text") or block.get("fields") or block.get("elements") for block in blocks(message))


def blocks(message: dict[str, Any]) -> list[dict[str, Any]]:
    return message["attachments"][0]["blocks"]  # type: ignore[no-any-return]


anything = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
long_text = st.text(max_size=50).flatmap(lambda t: st.integers(1, 400).map(lambda n: t * n))


@given(
    description=long_text,
    runbook=long_text | long_text.map(lambda t: "https://" + t),
    reason=long_text,
    name=long_text,
    record=st.dictionaries(
        st.sampled_from(["transaction_id", "status", "elapse", "confidence", "prediction", "error"]), anything
    ),
)
def test_slacks_limits_hold_for_any_content(
    description: str, runbook: str, reason: str, name: str, record: dict[str, Any]
) -> None:
    told = a_transition(name, reason=reason)
    message = slack_message(
        a_notification(
            transition=told, description=description, runbook=runbook, records=(record,) * 3, model_name=name,
            environment=name, also=(told,) * 30,
        )
    )  # fmt: skip
    json.dumps(message)
    assert len(blocks(message)) <= 50
    for block in blocks(message):
        assert len(block.get("fields", [])) <= 10
        assert len(block.get("elements", [])) <= 10
        for text in texts(block):
            assert 0 < len(text) <= (FIELD_MAX if block.get("fields") else TEXT_MAX)
    for text in texts(message):
        bare = re.sub(r"<https?://[^<>|\s]*\|(Runbook|Open the page)>", "", text)
        assert "<" not in bare
        assert ">" not in bare
        assert "&" not in re.sub(r"&(amp|lt|gt);", "", bare)


@given(st.text(), st.integers(1, 40))
def test_clip_never_cuts_within_an_escape(text: str, limit: int) -> None:
    cut = escape(text, limit)
    assert len(cut) <= limit
    assert "&" not in re.sub(r"&(amp|lt|gt);", "", cut)


def test_clip() -> None:
    assert clip("abc", 3) == "abc"
    assert clip("abcd", 3) == "ab…"
    assert clip("a&amp;b", 5) == "a…"
