"""Logs Insights, asked."""

from __future__ import annotations

from inferwatch.aws.explained import explained
from inferwatch.aws.patience import Patience
from inferwatch.aws.site import Site
from inferwatch.errors import AwsError
from inferwatch.store.times import MINUTE

SAME_INSTANT = 100
"""So many rows more than wanted are asked for, since those that began in the same millisecond come in any order."""

POLL_S = 0.5
WAIT_MS = 60_000
# A line's time in the log is when it was written: the end of its inference, which a Lambda's may be 15 minutes after
# its start, by this machine's clock or another.
LONGEST_MS = 15 * MINUTE
SKEW_MS = MINUTE
_NOT_KEPT = "either before the log groups creation time or exceeds the log groups log retention settings"
"""What Insights says of a time of which the log has nothing."""


class Insights:
    """The log groups of one account and region, for any thread."""

    def __init__(self, site: Site, patience: Patience) -> None:
        self._patience = patience
        self._logs = site.session.client("logs")

    def rows(self, text: str, start_ms: int, end_ms: int, log_group: str | None) -> list[dict[str, str]]:
        """The rows of an answer, each by field, about inferences that started in [start_ms, end_ms).

        log_group: None where the text names its own. Of a time in which the log group was not there yet, or that it
        keeps no longer, there are none. Raises AwsError where AWS refuses or does not answer within a minute. Whoever
        is interrupted meanwhile leaves no query running, which AWS would bill.
        """
        try:
            return self._asked(text, start_ms, end_ms, log_group)
        except AwsError as error:
            if error.code == "MalformedQueryException" and _NOT_KEPT in str(error):
                return []
            raise

    def _asked(self, text: str, start_ms: int, end_ms: int, log_group: str | None) -> list[dict[str, str]]:
        groups = {"logGroupNames": [log_group]} if log_group is not None else {}
        with explained("asking Logs Insights"):
            query_id = self._logs.start_query(
                **groups,
                # Its times are whole seconds, both included.
                startTime=max(0, start_ms - SKEW_MS) // 1000,
                endTime=max(0, end_ms + LONGEST_MS + SKEW_MS) // 1000,
                queryString=text,
            )["queryId"]
            try:
                answer = self._patience.until(lambda: self._answer(query_id), every_s=POLL_S, at_most_ms=WAIT_MS)
            except KeyboardInterrupt:
                self._logs.stop_query(queryId=query_id)
                raise
            if answer is None:
                self._logs.stop_query(queryId=query_id)
                problem = f"asking Logs Insights: no answer within {WAIT_MS // 1000} s; ask for a shorter time"
                raise AwsError(problem, code="QueryTimeout")
        return [{field["field"]: field["value"] for field in row} for row in answer]

    def _answer(self, query_id: str) -> list[list[dict[str, str]]] | None:
        """The rows of a query that is complete, None while it runs."""
        told = self._logs.get_query_results(queryId=query_id)
        if told["status"] in ("Scheduled", "Running"):
            return None
        if told["status"] != "Complete":
            raise AwsError(f"asking Logs Insights: the query ended as {told['status']}", code=told["status"])
        rows: list[list[dict[str, str]]] = told["results"]
        return rows
