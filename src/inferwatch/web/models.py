"""Which model a request is about: the page's own, or another of the same data."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable

import msgspec
from starlette.datastructures import QueryParams
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from inferwatch.web.feed import Feed
from inferwatch.web.sources import Sources
from inferwatch.web.views import Views

View = Callable[[Views, Request], Response]


class Shown(msgspec.Struct, frozen=True):
    """One model: its views, and its feed of changes."""

    views: Views
    feed: Feed


class Models:
    """The models that somebody has looked at, for any thread. own: the one that the page is made for."""

    def __init__(self, own: Sources, gateway_url: str | None, stop: asyncio.Event, interval: float) -> None:
        self._own = own
        self._stop = stop
        self._interval = interval
        self._lock = threading.Lock()
        self.own = self._shown(own, gateway_url)
        self._others: dict[tuple[str, str], Shown] = {}

    def of(self, given: QueryParams) -> Shown:
        """The model that `model` and `environment` name, the page's own without them. It may block.

        Raises HTTPException, 404, for one that is not known.
        """
        identity = self._own.spec.identity
        name = (given.get("model") or identity.log_group, given.get("environment") or identity.environment)
        if name == (identity.log_group, identity.environment):
            return self.own
        known = self._others.get(name)
        if known is not None:
            return known
        with self._lock:
            if name not in self._others:
                found = self._own.model(*name) if self._own.model else None
                if found is None:
                    raise HTTPException(404, f"there is no model {name[0][:200]!r} in environment {name[1][:40]!r}")
                self._others[name] = self._shown(found, None)
            return self._others[name]

    def view(self, view: View) -> Callable[[Request], Response]:
        """`view` of whichever model is asked for."""

        def answer(request: Request) -> Response:
            return view(self.of(request.query_params).views, request)

        return answer

    def _shown(self, sources: Sources, gateway_url: str | None) -> Shown:
        views = Views(sources, gateway_url)
        return Shown(views, Feed(views.sections, self._stop, self._interval))
