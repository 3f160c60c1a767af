"""The queue of one machine: SQS on loopback, kept in the data folder, and what hands its messages to the function."""

from __future__ import annotations

import importlib.util

from inferwatch.errors import MissingExtraError

if importlib.util.find_spec("moto") is None or importlib.util.find_spec("boto3") is None:
    raise MissingExtraError("queue", "a queue on one machine")
