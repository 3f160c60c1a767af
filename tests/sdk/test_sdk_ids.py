from __future__ import annotations

import hashlib
import uuid

from hypothesis import given
from hypothesis import strategies as st

from inferwatch.sdk.ids import transaction_id

MS = st.integers(0, 2**48 - 1)
ENTROPY = st.binary(min_size=10, max_size=10)


@given(MS, ENTROPY)
def test_is_a_uuid_of_version_7_that_holds_the_time(ms: int, entropy: bytes) -> None:
    text = transaction_id(ms, entropy)
    parsed = uuid.UUID(text)
    assert str(parsed) == text
    assert parsed.version == 7
    assert parsed.variant == uuid.RFC_4122
    assert parsed.int >> 80 == ms


@given(st.tuples(MS, ENTROPY), st.tuples(MS, ENTROPY))
def test_sorts_by_time(one: tuple[int, bytes], other: tuple[int, bytes]) -> None:
    if one[0] != other[0]:
        assert (transaction_id(*one) < transaction_id(*other)) == (one[0] < other[0])


@given(ENTROPY, ENTROPY)
def test_74_bits_of_the_entropy_count(one: bytes, other: bytes) -> None:
    def used(entropy: bytes) -> int:
        bits = int.from_bytes(entropy) >> 4  # the last digit is not used
        return bits & ~(0b1100 << 60)  # nor what the variant takes the place of

    assert (transaction_id(1, one) == transaction_id(1, other)) == (used(one) == used(other))


def test_a_redelivered_message_has_the_same_id() -> None:
    entropy = hashlib.sha256(b"059f36b4-87a3-44ab-83d2-661975830a7d").digest()[:10]
    assert transaction_id(1_763_715_600_125, entropy) == transaction_id(1_763_715_600_125, entropy)


def test_known_id() -> None:
    assert (
        transaction_id(0x017F22E279B0, bytes.fromhex("cc318c4dc0c0c07398f0")) == "017f22e2-79b0-7cc3-98c4-dc0c0c07398f"
    )


def test_drawn_ids_differ_within_one_millisecond() -> None:
    assert len({transaction_id(1_763_715_600_125) for _ in range(1_000)}) == 1_000
