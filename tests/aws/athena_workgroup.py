"""Athena, and how time passes while it works: what it answers is made up."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from inferwatch.aws.patience import Patience

Reply = Callable[[dict[str, Any]], Any]


class Workgroup:
    """Athena, as far as it is asked: answers with rows of text after some looks."""

    def __init__(self, columns: Sequence[tuple[str, str]] = (), rows: Sequence[Sequence[str | None]] = ()) -> None:
        self.columns, self.rows = columns, rows
        self.states = ["QUEUED", "RUNNING", "SUCCEEDED"]
        self.reason: str | None = None
        self.kind = "DML"
        self.page = 1000
        self.pages = 0
        self.asked: list[dict[str, Any]] = []
        self.stopped: list[str] = []

    @property
    def replies(self) -> dict[str, Reply]:
        return {
            "StartQueryExecution": self._start,
            "GetQueryExecution": self._look,
            "GetQueryResults": self._results,
            "StopQueryExecution": lambda given: self.stopped.append(given["QueryExecutionId"]) or {},
        }

    def _start(self, given: dict[str, Any]) -> dict[str, Any]:
        self.asked.append(given)
        return {"QueryExecutionId": "q-1"}

    def _look(self, given: dict[str, Any]) -> dict[str, Any]:
        state = self.states.pop(0) if len(self.states) > 1 else self.states[0]
        status = {"State": state} | ({"StateChangeReason": self.reason} if self.reason else {})
        return {"QueryExecution": {**given, "Status": status, "StatementType": self.kind}}

    def _results(self, given: dict[str, Any]) -> dict[str, Any]:
        self.pages += 1
        head = [[name for name, _ in self.columns]] if self.kind == "DML" else []
        every = [*head, *self.rows]
        first = int(given.get("NextToken", 0))
        rows = [{"Data": [{} if v is None else {"VarCharValue": v} for v in row]} for row in every]
        more = {"NextToken": str(first + self.page)} if first + self.page < len(every) else {}
        metadata = {"ColumnInfo": [{"Name": name, "Type": kind} for name, kind in self.columns]}
        return {"ResultSet": {"Rows": rows[first : first + self.page], "ResultSetMetadata": metadata}, **more}


class Time:
    def __init__(self) -> None:
        self.now_ms = 0

    @property
    def patience(self) -> Patience:
        return Patience(lambda: self.now_ms, self.pause)

    def pause(self, seconds: float) -> None:
        self.now_ms += round(seconds * 1000)
