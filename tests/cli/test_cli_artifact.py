"""An assembly that a pipeline could not hand on is refused when it is made, and not at its first stage."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from inferwatch.cli.deployment import artifact
from inferwatch.errors import DeployError

MEGABYTE = 1024 * 1024


def test_what_does_not_get_smaller_is_refused_with_its_size(tmp_path: Path) -> None:
    (tmp_path / "asset.1").mkdir()
    for name in ("a", "b"):
        (tmp_path / "asset.1" / name).write_bytes(random.Random(name).randbytes(MEGABYTE))
    with pytest.raises(DeployError, match=r"is 2 MB zipped.*at most 1 MB.*model_data"):
        artifact.check(tmp_path, MEGABYTE)


def test_what_a_zip_makes_small_enough_passes(tmp_path: Path) -> None:
    (tmp_path / "template.json").write_bytes(bytes(4 * MEGABYTE))
    artifact.check(tmp_path, MEGABYTE)
