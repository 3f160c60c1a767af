"""Transaction ids: UUID version 7 (RFC 9562), so that they sort by time."""

from __future__ import annotations

from os import urandom

ENTROPY_BYTES = 10

# The variant takes the two upper bits of its hexadecimal digit: binary 10xx.
_VARIANT = {digit: "89ab"[int(digit, 16) & 3] for digit in "0123456789abcdef"}


def transaction_id(ms: int, entropy: bytes | None = None) -> str:
    """The id of an inference that started at `ms` (epoch milliseconds).

    entropy: 10 bytes, random by default, or a hash of a queue message's id, so that a redelivery has the same id.
    74 of their 80 bits go into the id.
    """
    if entropy is None:
        # From the system each time: a generator in this process would repeat itself after a fork,
        # and in every Lambda environment that is restored from one snapshot.
        entropy = urandom(ENTROPY_BYTES)
    digits = ((ms & 0xFFFF_FFFF_FFFF).to_bytes(6) + entropy).hex()
    return f"{digits[:8]}-{digits[8:12]}-7{digits[12:15]}-{_VARIANT[digits[15]]}{digits[16:19]}-{digits[19:31]}"
