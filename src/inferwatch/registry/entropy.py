"""Whether a text looks drawn by lot, as keys are."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Collection

_HEX = re.compile(r"[0-9a-fA-F]{32,}")
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{40,}={0,2}")
_HEX_BITS, _BASE64_BITS = 3.0, 4.5
"""Bits a character. Drawn by lot, 32 hexadecimal digits have 3.6 of 4, and 40 of base64 4.8 of 6; words and paths have
up to 4.3."""
_FOLDER = re.compile(r"[a-z][a-z_.-]{2,}")
"""A part of a path; between the slashes of a key stands seldom a word."""
_CHECKSUM = re.compile("sha|md|hash|digest|checksum|commit|revision|rev|etag|ids?|uuid|version|fingerprint|tag|image")
"""Words of names whose values are long and without words, and no secrets."""


def looks_random(value: str, words: Collection[str]) -> bool:
    """words: of the variable's name, in small letters."""
    if any(map(_CHECKSUM.fullmatch, words)) or any(map(_FOLDER.fullmatch, value.split("/"))):
        return False
    if _HEX.fullmatch(value):
        return _bits(value) >= _HEX_BITS
    return bool(_BASE64.fullmatch(value)) and _mixed(value) and _bits(value) >= _BASE64_BITS


def _mixed(text: str) -> bool:
    return all(re.search(kind, text) for kind in ("[a-z]", "[A-Z]", "[0-9]"))


def _bits(text: str) -> float:
    """Shannon's entropy of its characters."""
    return -sum(count / len(text) * math.log2(count / len(text)) for count in Counter(text).values())
