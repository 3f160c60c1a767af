"""The page: what a model did, in a browser on this machine."""

from __future__ import annotations

from inferwatch.web.app import page_app
from inferwatch.web.sessions import Sessions
from inferwatch.web.sources import Sources

__all__ = ["Sessions", "Sources", "page_app"]
