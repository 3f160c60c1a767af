"""A wheel of the InferWatch that runs here: what a function needs of it. The package index does not have it yet."""

from __future__ import annotations

import base64
import hashlib
import zipfile
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

import inferwatch
from inferwatch.errors import DeployError

# Recording, serving, the lake's rows, and the spec for a model that reads it. No command line, store, page, or cloud.
ROOMS = ("lake", "sdk", "serving", "spec")
_EARLIEST = (1980, 1, 1, 0, 0, 0)  # of a zip; the same sources give the same bytes
_WHEEL = "Wheel-Version: 1.0\nGenerator: inferwatch\nRoot-Is-Purelib: true\nTag: py3-none-any\n"


def write(folder: Path) -> Path:
    """Write the wheel into `folder`, and give its path. Raises DeployError where InferWatch is not installed."""
    try:
        installed = metadata.distribution("inferwatch")
    except metadata.PackageNotFoundError:
        raise DeployError("inferwatch runs from its sources alone; install it: `pip install -e` its checkout") from None
    name = f"inferwatch-{installed.version}"
    contents = dict(_sources())
    contents[f"{name}.dist-info/METADATA"] = _metadata(installed)
    contents[f"{name}.dist-info/WHEEL"] = _WHEEL.encode()
    if licence := installed.read_text("licenses/LICENSE"):
        contents[f"{name}.dist-info/licenses/LICENSE"] = licence.encode()
    contents[f"{name}.dist-info/RECORD"] = _record(contents, f"{name}.dist-info/RECORD")
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for file, content in contents.items():
            entry = zipfile.ZipInfo(file, _EARLIEST)
            entry.external_attr = 0o100644 << 16
            archive.writestr(entry, content, zipfile.ZIP_DEFLATED)
    return path


def _sources() -> Iterator[tuple[str, bytes]]:
    package = Path(inferwatch.__path__[0])
    own = [package / name for name in ("__init__.py", "errors.py", "py.typed")]
    rooms = [file for room in ROOMS for file in sorted((package / room).rglob("*.py"))]
    for file in (*own, *rooms):
        yield f"inferwatch/{file.relative_to(package).as_posix()}", file.read_bytes()


def _metadata(installed: metadata.Distribution) -> bytes:
    """The headers without the README, and without the extras, whose rooms are not here."""
    headers, _, _ = (installed.read_text("METADATA") or "").partition("\n\n")
    return "".join(
        f"{line}\n"
        for line in headers.splitlines()
        if not line.startswith("Provides-Extra:") and not (line.startswith("Requires-Dist:") and "extra ==" in line)
    ).encode()


def _record(contents: dict[str, bytes], own_name: str) -> bytes:
    lines = []
    for name, content in contents.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
        lines.append(f"{name},sha256={digest},{len(content)}\n")
    return "".join([*lines, f"{own_name},,\n"]).encode()
