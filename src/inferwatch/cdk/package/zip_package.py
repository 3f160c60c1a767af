"""The code of the function as a zip: the model's folder and its packages, made for the function's own machine."""

from __future__ import annotations

import os
import ssl
import subprocess
import sys
import tempfile
from pathlib import Path

from inferwatch.cdk.package import model_folder, slim, wheel
from inferwatch.errors import DeployError, MissingExtraError
from inferwatch.spec.function import FunctionSpec
from inferwatch.spec.monitor_spec import MonitorSpec

UNZIPPED_MAX = 250 * 1024 * 1024
"""Bytes: Lambda's limit, layers included."""

_LARGEST_NAMED = 5
_LAST_LINES = 6
_MACHINES = {"x86_64": "x86_64", "arm64": "aarch64"}
# The C library of Amazon Linux 2, on which Lambda's Python 3.11 runs, and of Amazon Linux 2023.
_LIBRARIES = {"3.11": "manylinux2014"}
_NEWER_LIBRARY = "manylinux_2_34"


def stage(spec: MonitorSpec, folder: Path) -> str:
    """Write what is zipped to `folder`; gives a hash of it. Raises DeployError, MissingExtraError."""
    requirements = model_folder.function_requirements(spec)
    with tempfile.TemporaryDirectory() as built:
        own = wheel.write(Path(built))
        install(
            spec.function,
            [str(own), *(["-r", str(requirements)] if requirements is not None else [])],
            spec.folder,
            folder,
        )
    slim.slim(folder)
    model_folder.copy(spec, folder)
    slim.compile_bytecode(folder, spec.function.python)
    check_size(folder)
    return slim.digest(folder)


def install(function: FunctionSpec, wanted: list[str], folder: str, target: Path) -> None:
    """Install into `target` the wheels that run on the function's machine and Python.

    wanted: as for `pip install`, its paths relative to `folder`. Raises DeployError where there are none,
    MissingExtraError where uv is missing.
    """
    try:
        import uv
    except ModuleNotFoundError:
        raise MissingExtraError("cdk", "making a zip") from None
    library = _LIBRARIES.get(function.python, _NEWER_LIBRARY)
    platform = f"{_MACHINES[function.architecture]}-{library}"
    command = [
        *(uv.find_uv_bin(), "pip", "install", "--quiet", "--target", str(target)),
        *("--python", sys.executable),  # any would do, and uv looks for one on PATH
        *("--python-platform", platform, "--python-version", function.python, "--only-binary", ":all:"),
        *wanted,
    ]
    done = subprocess.run(
        command, cwd=folder, env=_environ(), stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    if done.returncode:
        said = " ".join(" ".join(done.stderr.splitlines()[-_LAST_LINES:]).split())
        older = " or Python 3.12, whose Linux takes more wheels," if function.python == "3.11" else ""
        raise DeployError(
            f"the packages of {_named(wanted)} cannot be had for Python {function.python} on {function.architecture}; "
            f'a zip takes built wheels only, function.package = "image"{older} may do: {said}'
        )


def _named(wanted: list[str]) -> str:
    """The file of requirements among what is wanted, for messages."""
    return next((Path(each).name for each in wanted if each.endswith(".txt")), "InferWatch")


def _environ() -> dict[str, str]:
    """pip's index is uv's too, and so are this machine's certificates, which a company's proxy may need."""
    defaults = {"UV_PYTHON_DOWNLOADS": "never"}
    if index := os.environ.get("PIP_INDEX_URL"):
        defaults["UV_DEFAULT_INDEX"] = index
    if ssl.get_default_verify_paths().cafile:
        defaults["UV_SYSTEM_CERTS"] = "true"
    return {**defaults, **os.environ}


def check_size(folder: Path) -> None:
    """Raise DeployError where Lambda would not take the folder."""
    sizes = {entry.name: _size(entry) for entry in folder.iterdir()}
    total = sum(sizes.values())
    if total <= UNZIPPED_MAX:
        return
    largest = sorted(sizes, key=lambda name: -sizes[name])[:_LARGEST_NAMED]
    named = ", ".join(f"{name} {_mb(sizes[name])}" for name in largest)
    raise DeployError(
        f"the function takes {_mb(total)} unzipped, and Lambda takes {_mb(UNZIPPED_MAX)}; the largest: {named}. "
        'Leave something out, or write function.package = "image", which takes 10 GB'
    )


def _size(path: Path) -> int:
    files = path.rglob("*") if path.is_dir() else (path,)
    return sum(file.stat().st_size for file in files if file.is_file())


def _mb(size: int) -> str:
    return f"{size / 1024 / 1024:.0f} MB"
