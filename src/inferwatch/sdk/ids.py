"""Transaction ids: UUID version 7 (RFC 9562), so that they sort by time."""

from __future__ import annotations

ENTROPY_BYTES = 10

# The variant takes the two upper bits of its hexadecimal digit: binary 10xx.
_VARIANT = {digit: "89ab"[int(digit, 16) & 3] for digit in "0123456789abcdef"}


def transaction_id(ms: int, entropy: bytes) -> str:
    """The id of an inference that started at `ms` (epoch milliseconds).

    entropy: 10 bytes, random, or a hash of a queue message's id, so that a redelivery has the same id.
    74 of their 80 bits go into the id.
    """
    digits = ((ms & 0xFFFF_FFFF_FFFF).to_bytes(6) + entropy).hex()
    return f"{digits[:8]}-{digits[8:12]}-7{digits[12:15]}-{_VARIANT[digits[15]]}{digits[16:19]}-{digits[19:31]}"
