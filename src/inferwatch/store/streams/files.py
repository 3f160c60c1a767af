"""Where the lines lie: a log group is a folder below `<data>/logs`, a log stream is a file in its `@streams`."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote

FOLDER = "logs"
STREAMS = "@streams"
SUFFIX = ".jsonl"


class Stream(NamedTuple):
    """key: the file's path below `<data>/logs`, its name in the catalog."""

    key: str
    log_group: str
    name: str
    path: Path


def discover(data: Path) -> Iterator[Stream]:
    """Every stream file below `data`, sorted by folder and name. Names that are not UTF-8 are none of ours."""
    root = data / FOLDER
    for folder, folders, files in os.walk(root):
        folders.sort()
        if Path(folder).name != STREAMS:
            continue
        group = Path(folder).parent.relative_to(root).as_posix()
        for file in sorted(files):
            if file.endswith(SUFFIX) and file.isprintable():
                path = Path(folder, file)
                if not path.is_file():
                    continue  # To read a pipe would wait for its writer.
                name = unquote(file.removesuffix(SUFFIX))
                yield Stream(path.relative_to(root).as_posix(), f"/{group}", name, path)


def read(path: Path, start: int, size: int) -> bytes:
    """At most `size` bytes from `start` on; fewer at the file's end, none if the file is gone."""
    try:
        with path.open("rb", buffering=0) as file:
            file.seek(start)
            return file.read(size) or b""
    except FileNotFoundError:
        return b""


def size(path: Path) -> int:
    """Bytes in the file, 0 if it is gone."""
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0
