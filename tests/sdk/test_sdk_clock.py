from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from inferwatch.sdk.clock import elapsed_ms, iso


@given(st.integers(0, 253_402_300_799_999))
def test_iso_is_what_datetime_says(ms: int) -> None:
    moment = datetime.fromtimestamp(ms // 1000, UTC).replace(microsecond=ms % 1000 * 1000)
    assert iso(ms) == moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def test_elapsed_is_rounded_to_microseconds() -> None:
    assert elapsed_ms(1_234_500) == 1.235
    assert elapsed_ms(1_234_499) == 1.234
    assert elapsed_ms(0) == 0
    assert elapsed_ms(-5_000_000) == 0


@given(st.integers(0, 10**15))
def test_elapsed_prints_three_decimals_at_most(nanoseconds: int) -> None:
    whole, _, decimals = repr(elapsed_ms(nanoseconds)).partition(".")
    assert whole.isdigit()
    assert len(decimals) <= 3
