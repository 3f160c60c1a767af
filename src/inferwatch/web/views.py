"""The JSON views. Each is a plain function of the request, which Starlette runs in a thread, since sources block."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from inferwatch.errors import InferWatchError
from inferwatch.ports import RecordQuery
from inferwatch.query.comparison import as_json, compare
from inferwatch.spec import record
from inferwatch.spec.charts import Chart, charts
from inferwatch.web import params
from inferwatch.web.alarms import alarms_view, known_alarms, transition_view
from inferwatch.web.health import health_view
from inferwatch.web.json_response import JsonResponse
from inferwatch.web.model import model_view
from inferwatch.web.notifications import notifications_view
from inferwatch.web.overview import overview_view
from inferwatch.web.questions import WORDS, predicate, queries_view, query_view, question
from inferwatch.web.releases import changes_view, versions_view
from inferwatch.web.series import newest_view, series_view
from inferwatch.web.sources import Sources
from inferwatch.web.tiles import tiles_view
from inferwatch.web.transactions import rows, transaction_view, transactions_view

ROWS_MAX = 500
NEWEST_ROWS = 40
NEWEST_ROWS_MS = 300_000
NEWEST_ENTRIES = 50
NEWEST_CHANGES = 100
FILTERS = ("where", "status", "version", "min_elapse", "text", "order", "limit", "before", "start", "end")


class Views:
    """The views of one model. gateway_url: as in `model_view`."""

    def __init__(self, sources: Sources, gateway_url: str | None) -> None:
        self._sources = sources
        self._gateway_url = gateway_url
        self._charts = charts(sources.spec)

    def model(self, request: Request) -> Response:
        params.only(request.query_params, ())
        return JsonResponse(model_view(self._sources, self._gateway_url))

    def tiles(self, request: Request) -> Response:
        params.only(request.query_params, ("start", "end"))
        start, end = params.time_range(request.query_params, self._sources.now_ms())
        return JsonResponse({"start": start, "end": end, "tiles": tiles_view(self._sources, start, end)})

    def series(self, request: Request) -> Response:
        params.only(request.query_params, ("widget", "start", "end"))
        chosen = self._chosen_charts(request.query_params.get("widget"))
        start, end = params.time_range(request.query_params, self._sources.now_ms())
        return JsonResponse(series_view(self._sources, chosen, start, end))

    def _chosen_charts(self, widget: str | None) -> Sequence[Chart]:
        chosen = [chart for chart in self._charts if widget in (None, chart.id)]
        if widget is not None and not chosen:
            known = ", ".join(chart.id for chart in self._charts) or "none"
            raise params.BadParameter("widget", f"{widget[:40]!r} is no chart; this dashboard has {known}")
        return chosen

    def alarms(self, request: Request) -> Response:
        params.only(request.query_params, ())
        return JsonResponse({"alarms": alarms_view(self._sources), "late": health_view(self._sources)})

    def alarm_history(self, request: Request) -> Response:
        params.only(request.query_params, ("limit",))
        name = request.path_params["name"]
        limit = params.whole(request.query_params, "limit", 100, 1, ROWS_MAX)
        if name not in known_alarms(self._sources):
            return JsonResponse({"error": f"this model has no alarm {name!r}"}, status_code=404)
        history = self._sources.alarm_history(name, limit)
        return JsonResponse({"alarm": name, "history": [transition_view(t) for t in history]})

    def notifications(self, request: Request) -> Response:
        params.only(request.query_params, ("limit",))
        limit = params.whole(request.query_params, "limit", 100, 1, ROWS_MAX)
        return JsonResponse({"notifications": notifications_view(self._sources, limit)})

    def transactions(self, request: Request) -> Response:
        params.only(request.query_params, FILTERS)
        return JsonResponse(transactions_view(self._sources, self._query(request)))

    def _query(self, request: Request) -> RecordQuery:
        given, identity = request.query_params, self._sources.spec.identity
        start, end = params.time_range(given, self._sources.now_ms() + 1)
        query = RecordQuery(
            start_ms=start,
            end_ms=end,
            log_group=identity.log_group,
            environment=identity.environment,
            status=params.choices(given, "status", record.STATUSES),
            version=given.get("version") or None,
            min_elapse=params.number(given, "min_elapse"),
            text=given.get("text") or None,
            where=predicate(self._sources, given),
            order=params.order(given),
            limit=params.whole(given, "limit", 50, 1, ROWS_MAX),
            before=params.cursor(given),
        )
        if query.before and not query.by_time:
            raise params.BadParameter("before", "is for the orders newest and oldest; ask for a higher limit instead")
        return query

    def transaction(self, request: Request) -> Response:
        params.only(request.query_params, ())
        name = request.path_params["id"]
        found = transaction_view(self._sources, name)
        if found is None:
            return JsonResponse({"error": f"there is no transaction {name}"}, status_code=404)
        return JsonResponse(found)

    def query(self, request: Request) -> Response:
        params.only(request.query_params, WORDS)
        return JsonResponse(query_view(self._sources, question(self._sources, request.query_params)))

    def queries(self, request: Request) -> Response:
        params.only(request.query_params, ())
        return JsonResponse({"queries": queries_view(self._sources)})

    def changes(self, request: Request) -> Response:
        params.only(request.query_params, ("limit",))
        limit = params.whole(request.query_params, "limit", NEWEST_CHANGES, 1, ROWS_MAX)
        return JsonResponse(changes_view(self._sources, limit))

    def versions(self, request: Request) -> Response:
        params.only(request.query_params, ("start", "end"))
        start, end = params.time_range(request.query_params, self._sources.now_ms() + 1)
        return JsonResponse({"start": start, "end": end, "versions": versions_view(self._sources, start, end)})

    def compare(self, request: Request) -> Response:
        given, sources = request.query_params, self._sources
        params.only(given, ("a", "b", "start", "end"))
        start, end = params.time_range(given, sources.now_ms() + 1)
        found = compare(
            sources.ask,
            params.needed(given, "a"),
            params.needed(given, "b"),
            start_ms=start,
            end_ms=end,
            node=sources.spec.identity.log_group,
            environment=sources.spec.identity.environment,
            has_confidence=sources.spec.has_confidence,
        )
        return JsonResponse(as_json(found))

    def overview(self, request: Request) -> Response:
        params.only(request.query_params, ("node",))
        return JsonResponse(overview_view(self._sources, request.query_params.get("node", "/")))

    def sections(self, ranges: Collection[int]) -> dict[str, Any]:
        """What the event stream tells: sections for all listeners, and two for those of each range in seconds.

        `trouble`: why some of them are missing, or None.
        """
        sources = self._sources
        now_ms = sources.now_ms()
        newest = RecordQuery(
            start_ms=now_ms - NEWEST_ROWS_MS,
            end_ms=now_ms + 1,
            log_group=sources.spec.identity.log_group,
            environment=sources.spec.identity.environment,
            limit=NEWEST_ROWS,
        )
        parts: dict[str, Callable[[], Any]] = {
            "late": lambda: health_view(sources),
            "alarms": lambda: alarms_view(sources),
            "transitions": lambda: [transition_view(t) for t in sources.alarm_history(None, NEWEST_ENTRIES)],
            "notifications": lambda: notifications_view(sources, NEWEST_ENTRIES),
            "transactions": lambda: rows(sources.metrics.records(newest)),
            "changes": lambda: changes_view(sources, NEWEST_CHANGES),
        }
        for seconds in filter(None, ranges):
            parts[f"tiles:{seconds}"] = partial(tiles_view, sources, now_ms - 1000 * seconds, now_ms)
            parts[f"charts:{seconds}"] = partial(newest_view, sources, self._charts, 1000 * seconds)
        return {"now": now_ms, **_readable(parts)}


def _readable(parts: Mapping[str, Callable[[], Any]]) -> dict[str, Any]:
    """What can be read of the parts; `trouble` says why others cannot: a chart stays alive when the log is closed."""
    found: dict[str, Any] = {}
    problems: list[str] = []
    for name, read in parts.items():
        try:
            found[name] = read()
        except InferWatchError as error:
            problems.append(str(error))
    return {**found, "trouble": " ".join(dict.fromkeys(problems)) or None}
