"""Which engine answers, and over what: a data folder, or a model on AWS. Each is loaded only where it is asked."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import Any, Final, NamedTuple

import click

from inferwatch.cli import options
from inferwatch.cli.clock import patience
from inferwatch.cli.deployed import Deployed
from inferwatch.cli.options import HERE
from inferwatch.query.answer import Answer
from inferwatch.query.question import Question
from inferwatch.spec import FILE_NAME, load_spec
from inferwatch.spec.monitor_spec import MonitorSpec

LOCAL, SPARK, ATHENA, LOGS_INSIGHTS = "local", "spark", "athena", "logs-insights"
ENGINES: Final = (LOCAL, ATHENA, SPARK, LOGS_INSIGHTS)
ON_AWS: Final = (ATHENA, LOGS_INSIGHTS)

Known = Collection[str] | None


class Engine(NamedTuple):
    """ask: answers a question; known: the names of fields of one's own that records have, None where it cannot tell."""

    ask: Callable[[Question], Answer]
    known: Callable[[Question], Known]


class Place(NamedTuple):
    """Where to ask. name: of the engine; data: the folder; path: the model's, or its spec's; environment, region: None
    for the defaults."""

    name: str
    data: Path
    path: Path
    environment: str | None
    region: str | None

    @property
    def on_aws(self) -> bool:
        return self.name in ON_AWS

    def spec(self) -> MonitorSpec:
        """Raises SpecError."""
        return load_spec(self.path, self.environment)

    def spec_if_any(self) -> MonitorSpec | None:
        """None where the command is called in a folder without one."""
        return self.spec() if self.path != HERE or (HERE / FILE_NAME).exists() else None

    def deployed(self) -> Deployed:
        return Deployed(self.path, self.environment, self.region)


def on_engine(names: Sequence[str]) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """`--engine` and the options that go with it: the command is given `place`."""

    def decorator(command: Callable[..., Any]) -> Callable[..., Any]:
        @click.option("--engine", type=click.Choice(names), default=LOCAL, show_default=True, help="Who answers.")
        @options.data
        @options.spec
        @options.region
        @options.any_environment
        @wraps(command)
        def with_place(
            *, engine: str, data: Path, spec_path: Path, region: str | None, environment: str | None, **given: Any
        ) -> Any:
            place = Place(engine, data, spec_path, environment, region)
            if region is not None and not place.on_aws:
                raise click.UsageError(f"--region goes with --engine {' or '.join(n for n in names if n in ON_AWS)}")
            return command(place=place, **given)

        return with_place

    return decorator


@contextmanager
def engine(place: Place) -> Iterator[Engine]:
    """The engine there. Raises StoreError, QueryError, AwsError, SpecError, MissingExtraError."""
    if place.on_aws:
        yield Engine(_asked_on_aws(place), lambda _: None)
        return
    from inferwatch.store import Store

    with Store.open(place.data, writer=False) as store:
        if place.name == LOCAL:
            yield Engine(store.ask, store.known)
            return
        from inferwatch.store.spark import SparkQuestions

        with SparkQuestions(place.data) as spark:
            yield Engine(spark.ask, store.known)


def _asked_on_aws(place: Place) -> Callable[[Question], Answer]:
    site = place.deployed().site()
    if place.name == ATHENA:
        from inferwatch.aws.reading.athena_questions import AthenaQuestions

        return AthenaQuestions(site, patience()).ask
    from inferwatch.aws.reading.questions import InsightsQuestions

    return InsightsQuestions(site, patience()).ask
