"""Rows as CSV by RFC 4180: a header, fields parted by commas, lines that end in CR LF."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from inferwatch.sdk.encode import encoded

_QUOTED = re.compile(r'[",\r\n]|^$|^\s|\s$')


def csv_lines(columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> Iterable[str]:
    """The header and a line for each row. No value is an empty field, an empty text one in quotation marks.

    Texts stand as they are: what a spreadsheet takes for a formula is still the text that was recorded.
    """
    yield ",".join(map(_text, columns)) + "\r\n"
    for row in rows:
        yield ",".join(_field(row.get(column)) for column in columns) + "\r\n"


def _field(value: Any) -> str:
    if value is None:
        return ""
    if type(value) is int:
        return str(value)
    return _text(value if isinstance(value, str) else encoded(value).decode())


def _text(text: str) -> str:
    return '"' + text.replace('"', '""') + '"' if _QUOTED.search(text) else text
