"""Which files of a model's folder stay at home: `.dockerignore` by Docker's rules, and what nobody wants deployed."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

FILE = ".dockerignore"

# What begins with a dot stays at home too: .git, .venv, .env, .aws and whatever else holds secrets or history.
JUNK = frozenset({"__pycache__", "cdk.out", "node_modules", "tests"})


class Ignore(NamedTuple):
    """The rules of one `.dockerignore`, in order; the last that fits decides."""

    rules: tuple[tuple[re.Pattern[str], bool], ...]

    def hides(self, path: str) -> bool:
        """Whether the rules leave out `path`, relative to the folder, with slashes."""
        hidden = False
        for pattern, hides in self.rules:
            if pattern.fullmatch(path):
                hidden = hides
        return hidden

    @property
    def has_exceptions(self) -> bool:
        """Whether something within a hidden folder may be wanted after all."""
        return not all(hides for _, hides in self.rules)


def read(lines: Iterable[str]) -> Ignore:
    """The rules in the lines of a `.dockerignore`."""
    rules = []
    for line in lines:
        text = line.strip()
        if not text or text.startswith("#"):
            continue
        hides = not text.startswith("!")
        plain = re.sub(r"/+", "/", text.removeprefix("!").strip()).strip("/").removeprefix("./")
        if plain not in ("", "."):
            rules.append((re.compile(_expression(plain) + "(/.*)?"), hides))
    return Ignore(tuple(rules))


def is_junk(name: str) -> bool:
    """Whether a file or folder of this name is never deployed, whatever `.dockerignore` says."""
    return name.startswith(".") or name in JUNK or name.endswith((".pyc", ".pyo"))


def _expression(pattern: str) -> str:
    """Go's filepath.Match, and `**` for any number of folders, as a regular expression."""
    parts = re.split(r"(\*\*/?|\*|\?|\[[^\]]*\]|\\.)", pattern)
    return "".join(_part(part) for part in parts)


def _part(part: str) -> str:
    wild = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    if part in wild:
        return wild[part]
    if part.startswith("[") and part.endswith("]"):
        return part
    return re.escape(part[1:] if part.startswith("\\") and len(part) == 2 else part)
