"""What went wrong with a delivery, in words that hold nothing secret: never the URL, nor what a server echoes of it."""

from __future__ import annotations

from collections.abc import Mapping
from http.client import HTTPException
from urllib.error import URLError

from inferwatch.errors import DeliveryError

RETRY_AFTER_MAX_S = 86_400.0


def refused(who: str, status: int, headers: Mapping[str, str], said: str = "") -> DeliveryError:
    """`who` answered with a status that is no success. headers: of the answer; said: a word of its own to quote."""
    hint = " (the webhook is revoked or its URL is wrong)" if status in (401, 403, 404, 410) else ""
    problem = f"{who} answered {status}{f' {said}' if said else ''}{hint}"
    return DeliveryError(problem, retry_after_s=retry_after_s(headers))


def unreachable(who: str, error: OSError | HTTPException) -> DeliveryError:
    """The exchange broke off. urllib raises URLError until the request is sent; later errors leave it unsure."""
    sent = not isinstance(error, URLError)
    cause = error.reason if isinstance(error, URLError) else error
    why = "no answer in time" if isinstance(cause, TimeoutError) else getattr(cause, "strerror", None)
    return DeliveryError(
        f"{who} {'did not answer' if sent else 'cannot be reached'}: {why or type(cause).__name__}", unsure=sent
    )


def retry_after_s(headers: Mapping[str, str]) -> float:
    """Retry-After in seconds, a day at most; 0 where it is absent or in its other form, a date."""
    value = next((v for name, v in headers.items() if name.lower() == "retry-after"), "")
    return min(float(value), RETRY_AFTER_MAX_S) if value.isascii() and value.isdigit() else 0.0
