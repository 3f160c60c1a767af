"""The page's own files, read once, and served from memory."""

from __future__ import annotations

import hashlib
from pathlib import Path

import msgspec
from starlette.requests import Request
from starlette.responses import Response

FOLDER = Path(__file__).parent / "static"
_TYPES = {
    ".html": "text/html",
    ".css": "text/css",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
}


class Asset(msgspec.Struct, frozen=True):
    """One file. etag: of its content, so that an upgrade is seen and nothing else is sent twice."""

    content: bytes
    media_type: str
    etag: str


class Assets:
    """Every file under static/, by its name."""

    def __init__(self) -> None:
        self._assets = {path.name: _read(path) for path in FOLDER.iterdir() if path.suffix in _TYPES}

    def page(self, request: Request) -> Response:
        """The page itself."""
        return self._answer(request, self._assets["index.html"])

    def overview(self, request: Request) -> Response:
        """The page of all models."""
        return self._answer(request, self._assets["overview.html"])

    def file(self, request: Request) -> Response:
        """A file of the page."""
        asset = self._assets.get(request.path_params["name"])
        if asset is None:
            return Response("There is no such file.\n", status_code=404, media_type="text/plain")
        return self._answer(request, asset)

    def _answer(self, request: Request, asset: Asset) -> Response:
        headers = {"ETag": asset.etag}
        if request.headers.get("if-none-match") == asset.etag:
            return Response(status_code=304, headers=headers)
        return Response(asset.content, media_type=asset.media_type, headers=headers)


def _read(path: Path) -> Asset:
    content = path.read_bytes()
    return Asset(content, _TYPES[path.suffix], f'"{hashlib.sha256(content).hexdigest()[:32]}"')
