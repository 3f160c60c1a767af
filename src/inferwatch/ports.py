"""The seams between what InferWatch knows and where it runs. Times are epoch milliseconds, UTC."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, Protocol

import msgspec

from inferwatch.alarms.values import Datapoint, Notification
from inferwatch.query.predicate import Predicate
from inferwatch.registry.records import Change, Deployment, Model, ModelVersion

Record = dict[str, Any]
"""One inference transaction, as in the log line, without its `_aws` member."""

Order = Literal["-start_at", "start_at", "-elapse", "confidence"]
"""Newest, oldest, slowest or least confident first."""

Notify = Callable[[Notification], None]
"""Delivers one notification, or raises. Retrying is the outbox's work."""


class RecordQuery(msgspec.Struct, frozen=True, kw_only=True):
    """Which records to read: those that started in [start_ms, end_ms) and meet every condition given.

    log_group: one model's; environment: `dev`, `prod`, ...; status: any of these; text: found in the record's line,
    whatever its case; before: `(start_ms, transaction_id)` of the last row of the page before, ignored where the order
    is not by time.
    """

    start_ms: int
    end_ms: int
    log_group: str | None = None
    environment: str | None = None
    status: tuple[str, ...] = ()
    version: str | None = None
    transaction_id: str | None = None
    min_elapse: float | None = None
    text: str | None = None
    where: Predicate | None = None
    order: Order = "-start_at"
    limit: int = 100
    before: tuple[int, str] | None = None

    @property
    def by_time(self) -> bool:
        """Whether the order is one by time, the only ones that have pages."""
        return self.order in ("-start_at", "start_at")


class MetricSource(Protocol):
    """Datapoints and records of one metric namespace."""

    def datapoints(
        self,
        metric: str,
        statistic: str,
        period: int,
        start_ms: int,
        end_ms: int,
        dimensions: Mapping[str, str],
    ) -> Sequence[Datapoint]:
        """One datapoint for each period of `period` seconds that has data, oldest first.

        Periods are aligned to start_ms, as GetMetricStatistics aligns them: the first begins at start_ms
        rounded down to 10 s for a period of less than a minute, else to the minute; the k-th begins k
        periods later; the last begins before end_ms. So a 5-minute period may begin at any minute, which a
        sliding window needs. Raises QueryError for an unknown statistic or a bad period.
        """
        ...

    def records(self, query: RecordQuery) -> Sequence[Record]:
        """The records that meet `query`, in its order, each once."""
        ...


class Registry(Protocol):
    """Versions and deployments of all models. Whoever writes at the same time: each number is given once.

    Every method raises StoreError or AwsError where the registry cannot be reached, RegistryError where a rule forbids
    what is asked. now_ms: the moment of the change; by: who makes it.
    """

    def register_version(self, version: ModelVersion) -> ModelVersion:
        """Keep a version, for ever as it is. Its `model_version` of 0 is replaced by the next number; another number
        must be free: where two writers ask for the same one, exactly one has it and the other is told by whom it was
        taken."""
        ...

    def versions(self, model: Model) -> Sequence[ModelVersion]:
        """All versions, newest first; none of a model that the registry does not know."""
        ...

    def register_deployment(self, deployment: Deployment) -> Deployment:
        """Keep a deployment of a version that exists, with the next id in the place of 0. It is `pending` unless it is
        given another state (history that is loaded)."""
        ...

    def deployments(self, model: Model, environment: str | None = None) -> Sequence[Deployment]:
        """All deployments, of one environment or of all, newest first."""
        ...

    def promote(self, model: Model, deployment_id: int, *, now_ms: int, by: str) -> Change:
        """Make a deployment the current one of its environment, in one step; the one before is superseded.

        Of a pending one that is its first time (`deployed`).
        """
        ...

    def before_current(self, model: Model, environment: str) -> Deployment:
        """The deployment that `roll_back` would make current now; RegistryError where there is none."""
        ...

    def roll_back(self, model: Model, environment: str, *, now_ms: int, by: str, to: int | None = None) -> Change:
        """Make the deployment current again that was so before the current one. Twice goes further back, never forth.

        to: the deployment_id that it is expected to come to; where another has been promoted or rolled back in the
        meantime, so that it would come to another, it is refused.
        """
        ...

    def fail(self, model: Model, deployment_id: int) -> Deployment:
        """A pending deployment that did not come about."""
        ...

    def retire(self, model: Model, environment: str) -> Deployment | None:
        """What serves an environment is taken away and nothing takes its place: its current deployment is superseded,
        until the next is promoted. Gives it, None where there was none. The history is that of what became current."""
        ...

    def set_endpoint(self, model: Model, deployment_id: int, endpoint: str) -> Deployment:
        """Where a deployment answers, as is known only once it is made."""
        ...

    def history(self, model: Model, environment: str, limit: int = 100) -> Sequence[Change]:
        """Which deployment was current when, newest first."""
        ...

    def models(self, node: str) -> Sequence[Model]:
        """The models at or below a node of the organisation that have a version, in order."""
        ...
