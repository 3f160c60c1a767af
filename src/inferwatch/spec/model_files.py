"""Which files of a model's folder are the model: what is deployed, and what a version is made of."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from inferwatch.spec import ignore

_MARKS_OF_OTHERS = ("pyvenv.cfg", "catalog.sqlite")
"""What a virtual environment and a data folder hold, whatever they are called."""


def files(folder: Path) -> Iterator[str]:
    """The files to deploy, relative to the folder, with slashes. Links are followed, as Python follows them."""
    rules = folder / ignore.FILE
    ignored = ignore.read(rules.read_text(encoding="utf-8").splitlines() if rules.is_file() else ())
    yield from _files(folder, "", ignored, (folder.resolve(),))


def _files(folder: Path, prefix: str, ignored: ignore.Ignore, above: tuple[Path, ...]) -> Iterator[str]:
    for entry in os.scandir(folder):
        path = prefix + entry.name
        if ignore.is_junk(entry.name):
            continue
        hidden = ignored.hides(path)
        if entry.is_file() and not hidden:
            yield path
        elif entry.is_dir() and (not hidden or ignored.has_exceptions):
            below = Path(entry.path)
            real = below.resolve()
            if real not in above and not any((below / mark).exists() for mark in _MARKS_OF_OTHERS):
                yield from _files(below, f"{path}/", ignored, (*above, real))
