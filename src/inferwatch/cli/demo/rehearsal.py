"""The rehearsal: the demo's images, sent through the real model ahead of time, and what it answered.

It runs in a process of its own (`python -m inferwatch.cli.demo.rehearsal FOLDER FILE`), since scikit-learn takes
seconds to import, and is kept in the user's cache, so that the second demo has its past hour at once.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import time
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path
from typing import Any

import msgspec
import orjson

from inferwatch.errors import RuntimeStartError


class Take(msgspec.Struct, frozen=True):
    """One image and the model's answer. elapse: milliseconds."""

    pixels: list[float]
    prediction: int
    confidence: float
    elapse: float


def rehearsed(example: Path, environ: Mapping[str, str]) -> list[Take]:
    """The takes of the example's model as it is now: from the cache, else made now. Raises RuntimeStartError."""
    file = _cache_file(example, environ)
    takes = _read(file)
    if takes is None:
        command = [sys.executable, "-m", "inferwatch.cli.demo.rehearsal", str(example), str(file)]
        done = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=False)
        takes = _read(file)
        if takes is None:
            last = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
            raise RuntimeStartError(f"the demo's model could not be run over its images: {last}")
    return takes


def _cache_file(example: Path, environ: Mapping[str, str]) -> Path:
    """Named by what the answers depend on, so that a changed model is rehearsed anew."""
    sources = (example / "app.py").read_bytes() + metadata.version("scikit-learn").encode()
    root = Path(environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return root / "inferwatch" / f"digits-{hashlib.sha256(sources).hexdigest()[:16]}.json"


def _read(file: Path) -> list[Take] | None:
    try:
        return msgspec.json.decode(file.read_bytes(), type=list[Take])
    except (OSError, msgspec.DecodeError):
        return None


def _rehearse(example: Path) -> list[Take]:
    sys.path.insert(0, str(example))
    import app  # type: ignore[import-not-found,unused-ignore]

    takes = []
    for pixels in app.held_out_images():
        begin = time.perf_counter_ns()
        answer: dict[str, Any] = app.predict({"pixels": pixels})
        elapse = (time.perf_counter_ns() - begin) / 1e6
        takes.append(Take(pixels, int(answer["prediction"]), float(answer["confidence"]), round(elapse, 3)))
    return takes


def _write(file: Path, takes: list[Take]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    part = file.with_suffix(f".{os.getpid()}")
    part.write_bytes(orjson.dumps([msgspec.to_builtins(take) for take in takes]))
    part.replace(file)


if __name__ == "__main__":
    _write(Path(sys.argv[2]), _rehearse(Path(sys.argv[1])))
