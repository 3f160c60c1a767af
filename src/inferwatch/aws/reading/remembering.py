"""A MetricSource that asks its source for the same thing once a minute, say, since AWS bills each question."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from inferwatch.alarms.values import Datapoint
from inferwatch.aws.reading.memo import Memo
from inferwatch.ports import MetricSource, Record, RecordQuery
from inferwatch.spec.period import DAY, MINUTE

MOST_SERIES = 1000
MOST_RECORDS = 500
_MINUTE_MS = 1000 * MINUTE


class RememberingMetricSource:
    """keep_ms: how long datapoints are good. For any thread if `source` is.

    Datapoints are remembered by their question. Records are remembered one by one: who opens a row of a table that
    was read before has its record without another search.
    """

    def __init__(self, source: MetricSource, now_ms: Callable[[], int], keep_ms: int) -> None:
        self._source = source
        self._datapoints: Memo[Sequence[Datapoint]] = Memo(now_ms, keep_ms, MOST_SERIES)
        self._records: Memo[Record] = Memo(now_ms, 1000 * DAY, MOST_RECORDS)

    def datapoints(
        self, metric: str, statistic: str, period: int, start_ms: int, end_ms: int, dimensions: Mapping[str, str]
    ) -> Sequence[Datapoint]:
        """See MetricSource. The range is widened to the periods that it touches, which changes no answer."""
        if period >= MINUTE:
            start_ms -= start_ms % _MINUTE_MS
            end_ms += (start_ms - end_ms) % (1000 * period)
        question = (metric, statistic, period, start_ms, end_ms, frozenset(dimensions.items()))

        def ask() -> Sequence[Datapoint]:
            return self._source.datapoints(metric, statistic, period, start_ms, end_ms, dimensions)

        return self._datapoints.of(question, ask)

    def records(self, query: RecordQuery) -> Sequence[Record]:
        """See MetricSource."""
        known = self._records.known((query.log_group, query.transaction_id)) if _is_by_id_alone(query) else None
        if known is not None:
            return [known]
        found = self._source.records(query)
        for record in found:
            self._records.keep((query.log_group, record["transaction_id"]), record)
        return found


def _is_by_id_alone(query: RecordQuery) -> bool:
    bare = RecordQuery(
        start_ms=query.start_ms,
        end_ms=query.end_ms,
        log_group=query.log_group,
        environment=query.environment,
        transaction_id=query.transaction_id,
        order=query.order,
        limit=query.limit,
    )
    return query == bare
