"""Where the CDK's JavaScript lies unpacked on this machine: in a home of its own a test would unpack 200 MB again."""

from __future__ import annotations

from pathlib import Path

UNPACKED = {"JSII_RUNTIME_PACKAGE_CACHE_ROOT": str(Path.home() / ".cache" / "aws" / "jsii" / "package-cache")}
