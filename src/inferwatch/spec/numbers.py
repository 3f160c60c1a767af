"""Model version and deployment id, as a deployment injects them: nobody types them into a spec."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import msgspec

from inferwatch.spec.fault import Fault

VERSION = "INFERWATCH_MODEL_VERSION"
DEPLOYMENT_ID = "INFERWATCH_DEPLOYMENT_ID"
EACH = "INFERWATCH_NUMBERS"
"""Of several environments at once, as a pipeline deploys them: `{"dev": [3, 11], "prod": [3, 12]}`, version first."""

UNNUMBERED = 1
"""What stands in a record where nobody gave a number."""


class Numbers(NamedTuple):
    """None where nobody gave one."""

    version: int | str | None
    deployment_id: int | str | None


def injected(environ: Mapping[str, str], environment: str) -> Numbers:
    """What the variables give to one environment. Raises Fault."""
    if each := environ.get(EACH):
        try:
            by_environment = msgspec.json.decode(each, type=dict[str, tuple[int, int]])
        except msgspec.DecodeError as error:
            raise Fault(EACH, f"the variable is not as `inferwatch` writes it: {error}") from None
        if environment in by_environment:
            return Numbers(*by_environment[environment])
    return Numbers(environ.get(VERSION), environ.get(DEPLOYMENT_ID))


def variables(numbers: Mapping[str, Numbers]) -> dict[str, str]:
    """What injects the numbers of each environment."""
    return {EACH: msgspec.json.encode(numbers).decode()} if numbers else {}


def first(*given: int | str | None) -> int | str:
    """The first that was given; digits are a number."""
    value = next((each for each in given if each is not None), UNNUMBERED)
    return int(value) if isinstance(value, str) and value.isascii() and value.isdigit() else value
