"""Spark over one data folder: the same files and the same tail as DuckDB reads."""

from __future__ import annotations

import os
import re
import shutil
import warnings
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final

import msgspec

from inferwatch.errors import MissingExtraError, QueryError, StoreError
from inferwatch.lake import feature_columns
from inferwatch.lake.columns import COLUMNS, KINDS
from inferwatch.lake.row import to_record
from inferwatch.query import answer
from inferwatch.query.answer import Answer
from inferwatch.query.dialects import spark
from inferwatch.query.question import Question, Source
from inferwatch.store.catalog import connect
from inferwatch.store.lake import lake
from inferwatch.store.lake.question import Asked
from inferwatch.store.lake.sources import Sources, sources

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

_TABLE: Final = "transactions"
_TYPES: Final = {"VARCHAR": "STRING", "DOUBLE": "DOUBLE", "BIGINT": "BIGINT", "BOOLEAN": "BOOLEAN"}
_TIMES: Final = tuple(name for name, kind in KINDS.items() if kind == "time")
_GLOB: Final = re.compile(r"[\[\]{}*?\\]")
_OWN: Final = {
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.caseSensitive": "true",  # features may differ by their case alone
}
_START: Final = {
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.log.level": "ERROR",
    "spark.sql.shuffle.partitions": "8",  # one machine's, and not those of a cluster
}


class SparkQuestions:
    """Answers questions about a data folder by Spark, for one thread at a time.

    session: the caller's own, which stays as it is; without one, Spark is started on this machine, and `close` stops
    it. Raises StoreError: the folder holds no data; MissingExtraError: no PySpark; QueryError: no Java.
    """

    def __init__(self, data: Path, session: SparkSession | None = None) -> None:
        self._data = data
        self._connection = connect(data, read_only=True)
        self._started: SparkSession | None = None
        try:
            if session is None:
                session = self._started = _start()
            self._session = session.newSession()
        except BaseException:
            self.close()
            raise
        for name, value in _OWN.items():
            self._session.conf.set(name, value)

    def __enter__(self) -> SparkQuestions:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self._connection.close()
        if self._started is not None:
            self._started.stop()
            self._started = None

    def ask(self, question: Question) -> Answer:
        """Raises StoreError, QueryError."""
        from py4j.protocol import Py4JError
        from pyspark.errors import PySparkException

        everything = Asked(msgspec.structs.replace(question, where=None))
        found = sources(self._data, self._connection, everything, ())
        try:
            table = self._table(found)
            table.createOrReplaceTempView(_TABLE)
            columns = frozenset(filter(feature_columns.is_feature, table.columns))
            text = spark.emit(question, Source(relation=_TABLE, columns=columns))
            rows = [tuple(row) for row in self._session.sql(text.text).collect()]
        except (PySparkException, Py4JError) as error:
            problem = str(error).strip().partition("\n")[0]
            raise StoreError(f"Spark could not read {self._data / lake.FOLDER}: {problem}") from error
        if question.aggregates:
            return answer.of_groups(question, text, rows)
        return answer.of_records([to_record(dict(zip(text.columns, row, strict=True))) for row in rows])

    def _table(self, found: Sources) -> DataFrame:
        """The files and the rows of the tail, with every column that any of them has."""
        paths = [f"file://{_GLOB.sub(_escaped, str(lake.path(self._data, file).resolve()))}" for file in found.files]
        if not paths:
            return self._tail(found.tail)
        files = self._session.read.option("mergeSchema", "true").parquet(*paths)
        return files.unionByName(self._tail(found.tail), allowMissingColumns=True) if found.tail else files

    def _tail(self, tail: list[dict[str, Any]]) -> DataFrame:
        rows = [dict(row) for row in tail]
        columns = COLUMNS | feature_columns.columns_of(rows)
        schema = ", ".join(f"`{name.replace('`', '``')}` {_TYPES[kind]}" for name, kind in columns.items())
        cells = [tuple(row.get(name) for name in columns) for row in rows]
        frame = self._session.createDataFrame(cells, schema)
        return frame.selectExpr(
            *(
                f"timestamp_millis({name}) AS {name}" if name in _TIMES else f"`{name.replace('`', '``')}`"
                for name in columns
            )
        )


def _start() -> SparkSession:
    """A Spark of this process, as quiet as it can be."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about the versions of packages that are not used here
        try:
            from pyspark.sql import SparkSession
        except ImportError:
            raise MissingExtraError("spark", "Spark") from None
        if not os.environ.get("JAVA_HOME") and shutil.which("java") is None:
            problem = "install it (Debian: openjdk-17-jre-headless), or set JAVA_HOME"
            raise QueryError(f"Spark needs Java 17 or later: {problem}")
        builder = SparkSession.builder.master("local[*]").appName("inferwatch")
        for name, value in _START.items():
            builder = builder.config(name, value)
        try:
            return builder.getOrCreate()
        except Exception as error:  # PySpark has no class of its own for a Java that does not start
            problem = str(error).strip().partition("\n")[0]
            raise QueryError(f"Spark does not start; it needs Java 17 or later: {problem}") from error


def _escaped(sign: re.Match[str]) -> str:
    """A sign of a path that Spark would take for a pattern."""
    return f"\\{sign[0]}"
