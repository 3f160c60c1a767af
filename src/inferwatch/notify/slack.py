"""Delivery to a Slack incoming webhook."""

from __future__ import annotations

import logging
import re
from http.client import HTTPException
from urllib.error import URLError

from slack_sdk.errors import SlackClientError
from slack_sdk.http_retry import HttpRequest, HttpResponse, RetryHandler, RetryState
from slack_sdk.http_retry.builtin_handlers import (
    ConnectionErrorRetryHandler,
    RateLimitErrorRetryHandler,
    ServerErrorRetryHandler,
)
from slack_sdk.webhook import WebhookClient

from inferwatch.alarms.values import Notification
from inferwatch.errors import DeliveryError
from inferwatch.notify.failure import refused, retry_after_s, unreachable
from inferwatch.notify.message import slack_message
from inferwatch.ports import Notify

TIMEOUT_S = 10
# A longer Retry-After is waited for in the outbox, not in the thread that delivers.
PATIENCE_S = 10

# slack_sdk logs the URL, which is a secret. This logger is below nothing and passes nothing.
_MUTE = logging.Logger("inferwatch.notify.slack", level=logging.CRITICAL + 1)
_ERROR_CODE = re.compile(r"[a-z_]{1,60}")


class _ShortRateLimit(RateLimitErrorRetryHandler):
    """Waits out a Retry-After of a few seconds."""

    def _can_retry(
        self,
        *,
        state: RetryState,
        request: HttpRequest,
        response: HttpResponse | None = None,
        error: Exception | None = None,
    ) -> bool:
        if response is None or response.status_code != 429:
            return False
        headers = {name: str(values[0]) for name, values in response.headers.items()}
        return 0 < retry_after_s(headers) <= PATIENCE_S


def slack(url: str, *, timeout_s: int = TIMEOUT_S) -> Notify:
    """A function that posts a notification to the webhook at `url`, or raises DeliveryError."""
    client = WebhookClient(url, timeout=timeout_s, logger=_MUTE, retry_handlers=_retry_handlers())

    def deliver(notification: Notification) -> None:
        body = slack_message(notification)
        try:
            answer = client.send_dict(body)
        except (OSError, HTTPException) as error:
            raise unreachable("Slack", error) from None
        except SlackClientError as error:
            raise DeliveryError(f"Slack's client refused the request: {type(error).__name__}") from None
        if answer.status_code != 200:
            said = answer.body.strip()
            headers = {name: str(value) for name, value in answer.headers.items()}
            raise refused("Slack", answer.status_code, headers, said if _ERROR_CODE.fullmatch(said) else "")

    return deliver


def _retry_handlers() -> list[RetryHandler]:
    """Each tries once more. Of connection errors only those before the request was sent, lest it arrives twice."""
    return [_ShortRateLimit(), ServerErrorRetryHandler(), ConnectionErrorRetryHandler(error_types=[URLError])]
