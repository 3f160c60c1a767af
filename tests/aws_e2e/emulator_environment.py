"""The environments of tests/emulators: each has its own lock file, apart from the project's."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
from pathlib import Path
from typing import NoReturn

import pytest
import uv

EMULATORS = Path(__file__).parents[1] / "emulators"


def python_of(name: str) -> Path:
    """The Python of tests/emulators/`name`, with what its lock file says. Needs the package index the first time.

    Workers that start at once wait for the one that installs.
    """
    project = EMULATORS / name
    command = [uv.find_uv_bin(), "sync", "--quiet", "--locked", "--project", str(project), "--python", sys.executable]
    environ = {key: value for key, value in os.environ.items() if not key.startswith(("VIRTUAL_ENV", "UV_PROJECT"))}
    with (project / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = subprocess.run(command, check=False, env=environ, capture_output=True, text=True)
    if done.returncode:
        unavailable(f"the environment of tests/emulators/{name} cannot be installed: {done.stderr.strip()}")
    return project / ".venv" / "bin" / "python"


def unavailable(why: str) -> NoReturn:
    """Skip the test, or fail it in CI: there it must run."""
    if os.environ.get("CI") == "true":
        pytest.fail(why)
    pytest.skip(why)
