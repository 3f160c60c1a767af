"""The model's folder as it is deployed: without junk, readable for everybody, with its compiled spec."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import orjson

from inferwatch.errors import DeployError
from inferwatch.sdk import compiled_spec
from inferwatch.spec import ignore, model_files
from inferwatch.spec.monitor_spec import MonitorSpec

REQUIREMENTS = "requirements.txt"
FUNCTION_REQUIREMENTS = "requirements-function.txt"
"""What the function needs of a model whose endpoint runs `predict`: `parse` may need something."""

READABLE = 0o644
"""By everybody: Lambda runs as a user of its own, and files keep their modes on the way there."""


def function_requirements(spec: MonitorSpec) -> Path | None:
    """The file of the packages that the function needs, if there is one. boto3 is the runtime's, in zips and images."""
    name = REQUIREMENTS if spec.sagemaker is None else FUNCTION_REQUIREMENTS
    file = Path(spec.folder) / name
    return file if file.is_file() else None


def copy(spec: MonitorSpec, target: Path) -> None:
    """Copy the model's folder to `target`, and write the compiled spec there. Raises DeployError."""
    source = Path(spec.folder)
    try:
        for relative in sorted(model_files.files(source)):
            copy_file(source / relative, target / relative)
    except OSError as error:
        raise DeployError(f"{error.filename or source} cannot be deployed: {error.strerror or error}") from None
    _check_that_it_serves(spec, source, target)
    compiled = target / compiled_spec.FILE
    compiled.write_bytes(orjson.dumps(spec.compile(), option=orjson.OPT_SORT_KEYS))
    compiled.chmod(READABLE)


def _check_that_it_serves(spec: MonitorSpec, source: Path, target: Path) -> None:
    """What predict and parse name must not stay at home. It may also come with a package of the requirements."""
    for key in ("predict", "parse"):
        entry: str | None = getattr(spec.model, key)
        name = entry.partition(":")[0].partition(".")[0] if entry else ""
        for path in (f"{name}.py", name):
            if name and (source / path).exists() and not (target / path).exists():
                raise DeployError(f"{source / path}, which model.{key} names, is left out by {source / ignore.FILE}")


def copy_file(source: Path, target: Path) -> None:
    """Copy a file, which everybody may read then."""
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)
    target.chmod(0o755 if os.access(source, os.X_OK) else READABLE)
