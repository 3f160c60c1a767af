"""The files of golden questions: each in words, and below it what each engine is asked.

Where a question is a predicate and nothing else, there stand only the lines that it adds to those of a question for all
records, which stand in `records.txt`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from difflib import ndiff
from pathlib import Path
from typing import Final, NamedTuple

from inferwatch.errors import DialectError
from inferwatch.query.dialects import athena, duckdb, logs_insights, opensearch, spark
from inferwatch.query.question import Question, Source, Text
from inferwatch.query.wording import question

GOLDEN: Final = Path(__file__).parent / "golden"
START_MS: Final = 1_795_132_800_000
"""2026-11-20, for a day: what every question asks of."""

FEATURES: Final = frozenset({"feature_age", "category_city"})
_LISTS: Final = ("by", "stats", "order_by")
_EMITTED: Final[dict[str, Callable[[Question], Text]]] = {
    "DuckDB": lambda asked: duckdb.emit(asked, Source(relation="transactions", columns=FEATURES)),
    "Athena": lambda asked: athena.emit(asked, _lake('"')),
    "Spark": lambda asked: spark.emit(asked, _lake("`")),
    "Logs Insights": logs_insights.emit,
    "OpenSearch": opensearch.emit,
}


class Asked(NamedTuple):
    """A question of the file. title: what it is an example of; words: as `wording.question` takes them."""

    title: str
    words: dict[str, str]

    def question(self) -> Question:
        given = {**self.words}
        lists = {name: _split(given.pop(name, "")) for name in _LISTS}
        return question(
            given.pop("where", ""),
            start_ms=START_MS,
            end_ms=START_MS + 86_400_000,
            limit=int(given.pop("limit", 100)),
            **lists,
            **given,
        )


def read(text: str) -> Iterator[Asked]:
    """The questions of a file, whatever stands below them."""
    for part in text.split("\n## ")[1:]:
        title, *lines = part.split("\n\n")[0].splitlines()
        yield Asked(title, dict(line.split(": ", 1) for line in lines))


def written(heading: str, asked: list[Asked]) -> str:
    """The file: its heading, then each question with its five texts."""
    parts = [heading.rstrip("\n"), *map(_written, asked)]
    return "\n\n".join(parts) + "\n"


def _written(asked: Asked) -> str:
    words = [f"{name}: {words}" for name, words in asked.words.items()]
    texts = [f"{engine}\n{_indented(_added(engine, asked))}" for engine in _EMITTED]
    return "\n".join([f"## {asked.title}", *words]) + "\n\n" + "\n".join(texts)


def _added(engine: str, asked: Asked) -> str:
    text = said(engine, asked.question())
    if set(asked.words) != {"where"}:
        return text
    everywhere = said(engine, Asked("", {}).question()).replace(",\n", "\n").split("\n")
    compared = ndiff(everywhere, text.replace(",\n", "\n").split("\n"))
    return "\n".join(line[2:] for line in compared if line.startswith("+ "))


def said(engine: str, asked: Question) -> str:
    """What the engine is asked, with the values that are bound and what is less exact; or why it is not asked."""
    try:
        text = _EMITTED[engine](asked)
    except DialectError as error:
        return f"refused: {error}"
    lines = [_json(text.text)] if engine == "OpenSearch" else [_without_columns(text.text, asked)]
    lines += [f"${name} = {value!r}" for name, value in text.values.items()]
    return "\n".join([*lines, *(f"note: {note}" for note in text.notes)])


def _without_columns(text: str, asked: Question) -> str:
    """Of records all columns are selected, which are not for reading."""
    first, *lines = text.split("\n")
    return "\n".join(["SELECT ...", *lines]) if first.startswith("SELECT ") and not asked.aggregates else text


def _json(text: str) -> str:
    """One filter and one member a line."""
    body = json.loads(text)
    filters = ",\n".join(f"    {_compact(one)}" for one in body["query"]["bool"]["filter"])
    members = [f'"{name}": {_compact(value)}' for name, value in body.items() if name != "query"]
    assert list(body["query"]) == ["bool"]
    assert list(body["query"]["bool"]) == ["filter"]
    return ",\n ".join([f'{{"query": {{"bool": {{"filter": [\n{filters}\n ]}}}}', *members]) + "}"


def _compact(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _lake(mark: str) -> Source:
    relation = f"{mark}inferwatch_claim{mark}.{mark}transactions{mark}"
    return Source(relation=relation, columns=FEATURES, by_day=True, once=False)


def _split(words: str) -> list[str]:
    return [word.strip() for word in words.split(",") if word.strip()]


def _indented(text: str) -> str:
    return "\n".join(f"    {line}" for line in text.split("\n"))
