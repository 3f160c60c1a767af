"""The models that come with InferWatch, each a folder of its own."""

from __future__ import annotations

from pathlib import Path

from inferwatch.errors import RuntimeStartError
from inferwatch.spec import FILE_NAME


def example(name: str) -> Path:
    """Where the example lies: within the installed package, or in the checkout. Raises RuntimeStartError."""
    package = Path(__file__).parents[1]
    for folder in (package / "examples" / name, package.parents[1] / "examples" / name):
        if (folder / FILE_NAME).exists():
            return folder
    raise RuntimeStartError(f"the example {name!r} is not part of this installation")
