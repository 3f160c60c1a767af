"""Moments as the registry writes them: ISO 8601 in UTC, with milliseconds."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from inferwatch.errors import RegistryError

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_FIRST_YEAR = 1000  # earlier ones have no four digits


def canonical(text: str) -> str:
    """`2023-01-01T01:00:00+01:00` as `2023-01-01T00:00:00.000Z`; UTC where no zone is named. Raises RegistryError."""
    return _written(_read(text))


def milliseconds(text: str) -> int:
    """Epoch milliseconds. Raises RegistryError."""
    return (_read(text) - _EPOCH) // _MILLISECOND


def written(at_ms: int) -> str:
    """Epoch milliseconds in the canonical form."""
    return _written(_EPOCH + at_ms * _MILLISECOND)


def _read(text: str) -> datetime:
    try:
        at = datetime.fromisoformat(text)
        at = (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        at = None
    if at is None or at.year < _FIRST_YEAR:
        raise RegistryError(f"create_at: {text!r} is no moment; write it as '2023-01-01T00:00:00.000Z'")
    return at


def _written(at: datetime) -> str:
    return at.replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"
