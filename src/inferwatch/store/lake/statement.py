"""One SELECT that a person wrote: that it is one, and what is wrong with it in words of its own."""

from __future__ import annotations

from typing import Any, Final

import orjson

from inferwatch.errors import PredicateError, QueryError

LENGTH_MAX: Final = 100_000
_NO_FILES: Final = (
    "only what is recorded can be read here, by the views transactions and rollups: no files, no network, no settings"
)
_NEAREST: Final = 3
_FAULTS: Final = frozenset(
    ("Parser", "Syntax", "Binder", "Catalog", "Permission", "Conversion", "Out of Range", "Not implemented")
)
_VIEWS: Final = "transactions, model_monitoring_logs and rollups"


def single_select(select: str) -> str:
    """The statement without what ends it. Raises QueryError, PredicateError where it is not one SELECT."""
    import duckdb

    if len(select) > LENGTH_MAX:
        raise QueryError(f"the statement has {len(select):,} characters; {LENGTH_MAX:,} are allowed")
    for place, character in enumerate(select):
        if character == "\0":
            raise PredicateError(select, place, place + 1, "a character of number 0 is no part of SQL")
        if "\ud800" <= character <= "\udfff":
            raise PredicateError(select, place, place + 1, "half of a character, which no text can hold")
    with duckdb.connect() as parser:
        parser.execute("SET errors_as_json = true")
        try:
            statements = parser.extract_statements(select)
        except duckdb.Error as error:
            raise problem(select, str(error)) from None
    if len(statements) != 1:
        raise QueryError(f"one SELECT is answered, and there are {len(statements)} statements")
    if not statements[0].type.name.startswith("SELECT"):
        raise QueryError(f"only a SELECT is answered here, and this is a statement of type {_kind(statements[0])}")
    text = str(statements[0].query)
    ends = [offset for offset, _ in duckdb.tokenize(text) if text.encode()[offset : offset + 1] == b";"]
    return text.encode()[: ends[0]].decode() if ends else text


def is_at_fault(error: str) -> bool:
    """Whether what DuckDB said in JSON is about the statement in any case, and not about a file."""
    return _told(error).get("exception_type") in _FAULTS


def problem(select: str, error: str, before: int = 0) -> QueryError:
    """What DuckDB says against a statement, as it said it in JSON. before: bytes that stood in front of it."""
    told = _told(error)
    said = _words(told) if told else f"the statement cannot be answered: {_line(error)}"
    place = int(told.get("position") or -1) - before
    length = int(orjson.loads(told.get("location") or "[0, 1]")[1])
    text = select.encode()
    if not 0 <= place <= len(text):
        return QueryError(said)
    start = len(text[:place].decode(errors="ignore"))
    return PredicateError(
        select, start, start + max(1, len(text[place : place + length].decode(errors="ignore"))), said
    )


def _told(error: str) -> dict[str, Any]:
    try:
        told: dict[str, Any] = orjson.loads(error[error.index("{") :])
    except ValueError:
        return {}
    return told


def _words(told: dict[str, Any]) -> str:
    said = _line(str(told.get("exception_message")))
    if told.get("exception_type") == "Permission" or "extension" in said:
        return _NO_FILES
    if told.get("type") == "Table":
        return f"there is no table {told.get('name')!r}; there are {_VIEWS}"
    near = [name for name in str(told.get("candidates") or "").split(",") if name][:_NEAREST]
    return f"{said}; near are {', '.join(near)}" if near else said


def _line(text: str) -> str:
    """The first line, which says it; what follows is advice for those who have a DuckDB in front of them."""
    return text.strip().partition("\n")[0].rstrip("!. ")


def _kind(statement: Any) -> str:
    return str(statement.type.name).partition("_")[0]
