"""An answer as a small table of HTML, which notebooks show."""

from __future__ import annotations

from html import escape
from typing import Any, Final

from inferwatch.query.answer import Answer
from inferwatch.sdk.encode import encoded

_ROWS: Final = 20
_LETTERS: Final = 60


def table(answer: Answer) -> str:
    """The first rows; every text of them is escaped."""
    head = "".join(f"<th>{escape(name)}</th>" for name in answer.columns)
    rows = "".join(
        f"<tr>{''.join(f'<td>{_cell(row.get(name))}</td>' for name in answer.columns)}</tr>"
        for row in answer.rows[:_ROWS]
    )
    count = len(answer.rows)
    told = f"{count:,} row{'' if count == 1 else 's'}" + (f", the first {_ROWS} shown" if count > _ROWS else "")
    notes = "".join(f"<p>{escape(note)}</p>" for note in (told, *answer.notes))
    return f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>{notes}"


def _cell(value: Any) -> str:
    if value is None:
        return ""
    text = value if isinstance(value, str) else encoded(value).decode()
    return escape(text if len(text) <= _LETTERS else f"{text[: _LETTERS - 1]}…")
