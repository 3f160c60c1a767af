"""What a check found: by `doctor`, by `check`, and before a deployment."""

from __future__ import annotations

from typing import Literal

import msgspec

Verdict = Literal["ok", "warning", "wrong", "not yet"]


class Finding(msgspec.Struct, frozen=True):
    """One thing looked at. says: what was found, and what to do if it is not well.

    `not yet`: nothing is known to be wrong, and what was looked for is not there so far.
    """

    what: str
    verdict: Verdict
    says: str
