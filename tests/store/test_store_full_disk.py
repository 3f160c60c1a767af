"""A disk that is really full: a small file system of its own, where this user may mount one."""

from __future__ import annotations

import contextlib
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from store_lines import EVER, NOW, append, line

from inferwatch.errors import StoreError
from inferwatch.store import Store


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Path]:
    mounted = tmp_path / "small"
    mounted.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=6m", "tmpfs", str(mounted)]
    if shutil.which("mount") is None or subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("a file system cannot be mounted here")
    yield mounted
    subprocess.run(["umount", "-l", str(mounted)], check=True)


def test_a_full_disk_is_told_and_all_is_there_when_there_is_room(small: Path) -> None:
    def add(first: int) -> None:
        append(small, b"".join(line(number, NOW - number * 997) for number in range(first, first + 1000)))

    filler = small / "filler"
    with Store.open(small, writer=True) as store:
        add(0)
        store.ingest(NOW)
        store.compact(NOW)
        add(1000)
        with filler.open("wb", buffering=0) as file, contextlib.suppress(OSError):
            while True:
                file.write(b"\0" * 4096)
        for _ in range(3):
            with pytest.raises(StoreError, match="full"):
                store.ingest(NOW)
        assert len(store.records(EVER)) == 2000
        with filler.open("r+b") as file:  # room for the catalog, not for the lake
            file.truncate(filler.stat().st_size - 900_000)
        store.ingest(NOW)
        append(small, b"x" * (shutil.disk_usage(small).free - 8192) + b"\n", stream="more")
        with pytest.raises(StoreError, match="No space left"):
            store.compact(NOW)
        assert len(store.records(EVER)) == 2000
        filler.unlink()
        store.ingest(NOW)
        store.compact(NOW)
        assert len(store.records(EVER)) == 2000
        assert store.tally() == store.tally() | {"records": 2000, "texts": 1}
        assert store.check() == []
