"""Query parameters: whatever comes, it is read or refused by name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.datastructures import QueryParams

from inferwatch.web import params
from inferwatch.web.resolution import PERIODS, POINTS_MAX, period_for

READERS: list[tuple[str, Callable[[QueryParams], Any]]] = [
    ("limit", lambda given: params.whole(given, "limit", 5, 1, 500)),
    ("min_elapse", lambda given: params.number(given, "min_elapse")),
    ("before", params.cursor),
    ("order", params.order),
    ("status", lambda given: params.choices(given, "status", ("failed", "timeout"))),
]


@pytest.mark.parametrize(("name", "read"), READERS)
@given(text=st.one_of(st.text(), st.integers().map(str), st.floats().map(str)))
def test_any_text_is_read_or_refused_by_name(name: str, read: Callable[[QueryParams], Any], text: str) -> None:
    try:
        read(QueryParams({name: text}))
    except params.BadParameter as error:
        assert error.parameter == name  # noqa: PT017


@given(st.integers(0, params.LAST_MS), st.text(min_size=1))
def test_a_cursor_is_what_an_answer_gave(start: int, name: str) -> None:
    assert params.cursor(QueryParams({"before": f"{start},{name}"})) == (start, name)


@given(st.integers(0, params.LONGEST_RANGE_MS), st.integers(1, params.LONGEST_RANGE_MS))
def test_no_range_needs_too_many_points(age_ms: int, length_ms: int) -> None:
    now_ms = 2_000_000_000_000
    start = now_ms - age_ms
    period = period_for(start, start + length_ms, now_ms, PERIODS[0])
    assert period in PERIODS
    assert length_ms <= POINTS_MAX * period * 1000 or period == PERIODS[-1]
