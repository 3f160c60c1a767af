"""What a pipeline's build hands on to CloudFormation: the whole assembly, as one zip."""

from __future__ import annotations

import os
import zlib
from collections.abc import Iterator
from pathlib import Path

from inferwatch.errors import DeployError

MAX = 256 * 1024 * 1024
"""Bytes: https://docs.aws.amazon.com/codepipeline/latest/userguide/limits.html, of artifacts of CloudFormation's
actions."""

_CHUNK = 1024 * 1024
_FASTEST = 1


def check(folder: Path, most: int = MAX) -> None:
    """Raise DeployError where the pipeline could not deploy the assembly in `folder`, its models being too large."""
    files = sorted(Path(top) / name for top, _, names in os.walk(folder) for name in names)
    if sum(file.stat().st_size for file in files) <= most:
        return
    size = sum(map(_compressed, files))
    if size > most:
        raise DeployError(
            f"{folder} is {_mb(size)} zipped, and CodePipeline hands at most {_mb(most)} to CloudFormation. A stage "
            "has the model's folder in it for its function, and once more for its endpoint's container: leave a large "
            "model out by .dockerignore, and load it from S3, as [sagemaker] model_data does"
        )


def _compressed(file: Path) -> int:
    packer = zlib.compressobj(_FASTEST)
    return sum(len(packer.compress(chunk)) for chunk in _chunks(file)) + len(packer.flush())


def _chunks(file: Path) -> Iterator[bytes]:
    with file.open("rb") as opened:
        while chunk := opened.read(_CHUNK):
            yield chunk


def _mb(size: int) -> str:
    return f"{size / 1024 / 1024:.0f} MB"
