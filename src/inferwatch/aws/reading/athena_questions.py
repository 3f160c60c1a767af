"""Questions to the lakes in S3, each as one statement of Athena's."""

from __future__ import annotations

from typing import Final

import msgspec

from inferwatch.aws.patience import Patience
from inferwatch.aws.reading import lakes
from inferwatch.aws.reading.athena import Athena, Table
from inferwatch.aws.site import Site
from inferwatch.cloudwatch.lake_source import declared, source
from inferwatch.errors import DialectError, QueryError
from inferwatch.lake.row import to_record
from inferwatch.query.answer import Answer, of_groups, of_records
from inferwatch.query.dialects import athena
from inferwatch.query.question import Question, Text

TEXT_MAX: Final = 262_144
"""Bytes of a statement, by Athena's own limit."""


class AthenaQuestions:
    """The lake of the site's model, or those of all models below a node, for any thread.

    Raises QueryError where the spec has no lake, whose workgroup asks.
    """

    def __init__(self, site: Site, patience: Patience) -> None:
        if site.spec.lake is None:
            where = site.spec.file
            raise QueryError(f"{where} has no [lake], so Athena has nothing to read: add it and deploy, or ask the log")
        self._site = site
        self._athena = Athena(site, patience)

    def ask(self, question: Question) -> Answer:
        """The answer to a question about `question.node`, by default the site's model.

        Raises DialectError for what Athena cannot be asked; QueryError where there is no lake, or it cannot answer;
        AwsError.
        """
        node = question.node
        if node is None or node.rstrip("/") == self._site.names.log_group:
            asked, found = msgspec.structs.replace(question, node=None), [declared(self._site.spec)]
        else:
            asked, found = question, lakes.below(self._site, node)
        text = athena.emit(asked, source(found))
        if len(text.text.encode()) > TEXT_MAX:
            raise DialectError(text.dialect, f"the question is longer than {TEXT_MAX} bytes; ask fewer models at once")
        return _answer(asked, text, self._athena.table(text.text, asked.limit))


def _answer(question: Question, text: Text, table: Table) -> Answer:
    if question.aggregates:
        return of_groups(question, text, table.rows)
    records = [to_record(dict(zip(table.columns, row, strict=True))) for row in table.rows]
    return of_records(records, text.notes)
