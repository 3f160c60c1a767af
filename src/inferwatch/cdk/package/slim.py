"""Packages without what no function needs: tests, headers, types, programs; and with their bytecode."""

from __future__ import annotations

import compileall
import hashlib
import os
import shutil
import sys
from pathlib import Path
from py_compile import PycInvalidationMode

_FOLDERS = frozenset({"tests", "__pycache__"})
_SUFFIXES = (".pyi", ".h", ".hpp", ".pxd", ".pyx", ".c", ".cpp", ".a", ".pyc")
# What an installer writes for itself; direct_url.json also tells where on this machine a wheel lay.
_INSTALLERS = frozenset({"INSTALLER", "REQUESTED", "RECORD", "direct_url.json", "uv_cache.json", "uv_build.json"})


def slim(folder: Path) -> None:
    """Take from the installed packages in `folder` what is not used at run time. Their metadata and licences stay."""
    shutil.rmtree(folder / "bin", ignore_errors=True)
    (folder / ".lock").unlink(missing_ok=True)
    for place, folders, files in os.walk(folder):
        for name in _FOLDERS.intersection(folders):
            shutil.rmtree(Path(place, name))
            folders.remove(name)
        in_metadata = place.endswith(".dist-info")
        for name in files:
            if (name in _INSTALLERS) if in_metadata else name.endswith(_SUFFIXES):
                Path(place, name).unlink()


def compile_bytecode(folder: Path, python: str) -> None:
    """Compile what is in `folder`, where this Python is `python`: another one's bytecode would not be read.

    Lambda cannot keep bytecode, and a zip keeps no times of files, by which it would otherwise be found out of date.
    """
    if python == f"{sys.version_info.major}.{sys.version_info.minor}":
        compileall.compile_dir(folder, quiet=2, stripdir=folder, invalidation_mode=PycInvalidationMode.UNCHECKED_HASH)


def digest(folder: Path) -> str:
    """A hash of the names and contents of the files in `folder`, bytecode aside, which follows from them."""
    total = hashlib.sha256()
    for file in sorted(folder.rglob("*")):
        if file.is_file() and file.suffix != ".pyc":
            total.update(f"{file.relative_to(folder).as_posix()}\0{file.stat().st_size}\0".encode())
            total.update(file.read_bytes())
    return total.hexdigest()
