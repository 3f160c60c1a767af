"""Where the lake's files lie: `lake/model=%2Fabc_corp%2Fclaim%2Fdoc/dt=2026-11-21/`, in a data folder and in S3."""

from __future__ import annotations

from typing import Final
from urllib.parse import quote

FOLDER: Final = "lake"
MODEL: Final = "model"
DAY: Final = "dt"
"""The two keys of a partition. Engines read them from the names of the folders."""


def model_value(log_group: str) -> str:
    """`%2Fabc_corp%2Fclaim%2Fdoc`: a log group as one name of a folder."""
    return quote(log_group, safe="")


def model_folder(log_group: str) -> str:
    """`model=%2Fabc_corp%2Fclaim%2Fdoc`."""
    return f"{MODEL}={model_value(log_group)}"
