"""Which lakes the models below a node have on AWS. Each has a database of its own, which says whose it is."""

from __future__ import annotations

from typing import Final

from inferwatch.aws.explained import DENIED, explained
from inferwatch.aws.site import Site
from inferwatch.cloudwatch.lake_source import Lake
from inferwatch.cloudwatch.names import LAKE_OF, LAKE_TABLE
from inferwatch.errors import AwsError, QueryError
from inferwatch.lake.feature_columns import is_feature

_ALONE: Final = "to find them takes glue:GetDatabases; without it, ask one model at a time by its --spec"


def below(site: Site, node: str) -> list[Lake]:
    """The lakes of a model, or of all models below a node, as they are deployed in the site's account and region.

    Raises QueryError where there is none, AwsError where the caller may not look.
    """
    doing = f"looking for the lakes of {node}"
    try:
        with explained(doing):
            glue = site.session.client("glue")
            pages = glue.get_paginator("get_databases").paginate()
            databases = [found for page in pages for found in page["DatabaseList"]]
    except AwsError as error:
        if error.code not in DENIED:
            raise
        raise AwsError(f"{error}; {_ALONE}", code=error.code) from None
    wanted = sorted(found["Name"] for found in databases if _is_below(found.get("Description", ""), node))
    if not wanted:
        raise QueryError(f"no model at or below {node} has a lake in {site.where}")
    with explained(doing):
        tables = {name: glue.get_table(DatabaseName=name, Name=LAKE_TABLE)["Table"] for name in wanted}
    return [Lake(name, _features(table["StorageDescriptor"]["Columns"])) for name, table in tables.items()]


def _is_below(description: str, node: str) -> bool:
    log_group = description.removeprefix(LAKE_OF)
    return description.startswith(LAKE_OF) and f"{log_group}/".startswith(f"{node.rstrip('/')}/")


def _features(columns: list[dict[str, str]]) -> frozenset[str]:
    return frozenset(column["Name"] for column in columns if is_feature(column["Name"]))
