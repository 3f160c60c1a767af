"""The page as an ASGI application."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from inferwatch.errors import InferWatchError, PredicateError, QueryError
from inferwatch.web import params
from inferwatch.web.assets import Assets
from inferwatch.web.guard import Guard
from inferwatch.web.json_response import JsonResponse
from inferwatch.web.models import Models, View
from inferwatch.web.sessions import Sessions
from inferwatch.web.sources import Sources
from inferwatch.web.views import Views

LOOPBACK_NAMES = ("127.0.0.1", "localhost", "[::1]")
FOLLOWED_RANGES = (0, 900, 3600, 10_800, 86_400)
"""The ranges, in seconds, that the event stream follows. Few, since each is computed for itself."""

_VIEWS: dict[str, View] = {
    "model": Views.model,
    "tiles": Views.tiles,
    "series": Views.series,
    "alarms": Views.alarms,
    "alarms/{name:path}/history": Views.alarm_history,
    "notifications": Views.notifications,
    "transactions": Views.transactions,
    "transactions/{id}": Views.transaction,
    "query": Views.query,
    "queries": Views.queries,
    "changes": Views.changes,
    "versions": Views.versions,
    "compare": Views.compare,
    "overview": Views.overview,
}


def page_app(
    sources: Sources,
    sessions: Sessions,
    *,
    stop: asyncio.Event,
    gateway_url: str | None = None,
    interval: float = 1.0,
) -> Starlette:
    """The page of one model, and of those beside it that its sources know.

    stop: ends the event streams, which a server would wait for otherwise; gateway_url: for the sample request that an
    empty page shows; interval: seconds between events.
    """
    models = Models(sources, gateway_url, stop, interval)
    assets = Assets()
    app = Starlette(
        routes=[
            Route("/", assets.page),
            Route("/overview", assets.overview),
            Route("/static/{name}", assets.file),
            *(Route(f"/api/{path}", models.view(view)) for path, view in _VIEWS.items()),
            Route("/api/events", _events(models)),
        ],
        middleware=[Middleware(Guard, sessions=sessions, allowed_hosts=LOOPBACK_NAMES)],
        exception_handlers={
            params.BadParameter: _bad_parameter,
            PredicateError: _bad_predicate,
            QueryError: _bad_question,
            InferWatchError: _unavailable,
            HTTPException: _http_error,
        },
    )
    app.state.feed = models.own.feed
    return app


def _events(models: Models) -> Callable[[Request], Awaitable[Response]]:
    """The view of the event stream, in the event loop: it waits for changes, and reads no source itself."""

    async def events(request: Request) -> Response:
        params.only(request.query_params, ("range",))
        seconds = params.whole(request.query_params, "range", 0, 0, max(FOLLOWED_RANGES))
        if seconds not in FOLLOWED_RANGES:
            allowed = ", ".join(str(r) for r in FOLLOWED_RANGES)
            raise params.BadParameter("range", f"{seconds} is not followed; allowed are {allowed}")
        shown = await run_in_threadpool(models.of, request.query_params)
        return StreamingResponse(shown.feed.listen(seconds), media_type="text/event-stream")

    return events


def _bad_parameter(request: Request, error: Exception) -> Response:
    assert isinstance(error, params.BadParameter)
    return JsonResponse({"error": str(error), "parameter": error.parameter}, status_code=400)


def _bad_predicate(request: Request, error: Exception) -> Response:
    """start, end: the characters that are wrong, as Unicode counts them, end exclusive."""
    assert isinstance(error, PredicateError)
    where = {"parameter": "where", "start": error.start, "end": error.end, "problem": error.problem}
    return JsonResponse({"error": str(error), **where}, status_code=400)


def _bad_question(request: Request, error: Exception) -> Response:
    return JsonResponse({"error": str(error)}, status_code=400)


def _unavailable(request: Request, error: Exception) -> Response:
    return JsonResponse({"error": str(error)}, status_code=503)


def _http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return JsonResponse({"error": error.detail}, status_code=error.status_code, headers=error.headers)
