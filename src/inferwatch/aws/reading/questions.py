"""Questions to the log groups of models, by Logs Insights."""

from __future__ import annotations

import msgspec

from inferwatch.aws.patience import Patience
from inferwatch.aws.reading.groups import groups
from inferwatch.aws.reading.insights import SAME_INSTANT, Insights
from inferwatch.aws.reading.lines import chosen
from inferwatch.aws.site import Site
from inferwatch.query import answer
from inferwatch.query.answer import Answer
from inferwatch.query.dialects.insights_conditions import notes
from inferwatch.query.dialects.logs_insights import GROUPS, MESSAGE, emit
from inferwatch.query.normal import normal
from inferwatch.query.question import ROWS_MAX, Question, Text

CUT = f"Logs Insights gave its first {ROWS_MAX:,} rows; what comes after them is not in the answer."


class InsightsQuestions:
    """The log group of the site's model, or those of all models below a node, for any thread."""

    def __init__(self, site: Site, patience: Patience) -> None:
        self._log_group = site.names.log_group
        self._insights = Insights(site, patience)

    def ask(self, question: Question) -> Answer:
        """The answer to a question about `question.node`, by default the site's model.

        Raises DialectError for what Logs Insights cannot be asked, AwsError where AWS refuses or does not answer
        within a minute.
        """
        node = question.node and question.node.rstrip("/")
        own = node is None or node == self._log_group
        asked = msgspec.structs.replace(question, node=None) if own else question
        emit(asked)  # refuses what cannot be asked, before more rows than wanted are asked for
        return self._groups(asked) if asked.aggregates else self._records(asked)

    def _records(self, question: Question) -> Answer:
        """What Insights finds is held against the question once more."""
        where = normal(question.where) if question.where is not None else None
        for limit in (min(question.limit + SAME_INSTANT, ROWS_MAX), ROWS_MAX):
            text = emit(msgspec.structs.replace(question, limit=limit))
            rows = self._rows(question, text)
            found = chosen(question, (row[MESSAGE] for row in rows))
            if len(found) >= question.limit or len(rows) < limit:
                break
        if len(rows) < limit:
            return answer.of_records(found, tuple(notes(where, checked=True)))
        return answer.of_records(found, (*text.notes, *([CUT] if len(found) < question.limit else [])))

    def _groups(self, question: Question) -> Answer:
        text = emit(msgspec.structs.replace(question, limit=ROWS_MAX))
        rows = self._rows(question, text)
        # All groups are put into order here.
        said = (*text.notes, CUT) if len(rows) == ROWS_MAX else tuple(note for note in text.notes if note != GROUPS)
        return Answer(columns=text.columns, rows=groups(question, rows), notes=said)

    def _rows(self, question: Question, text: Text) -> list[dict[str, str]]:
        log_group = self._log_group if question.node is None else None
        return self._insights.rows(text.text, question.start_ms, question.end_ms, log_group)
