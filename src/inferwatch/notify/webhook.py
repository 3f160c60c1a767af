"""Delivery to any webhook, as JSON. The body's shape is documented in docs/reference/alarms.md."""

from __future__ import annotations

from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError
from urllib.request import HTTPRedirectHandler, Request, build_opener

import msgspec

from inferwatch.alarms.values import Notification
from inferwatch.alarms.wording import condition, headline
from inferwatch.notify.failure import refused, unreachable
from inferwatch.ports import Notify

TIMEOUT_S = 10.0
BODY_VERSION = 1


def webhook_body(notification: Notification) -> dict[str, Any]:
    """Every member of Notification, with `v`, `headline` and `condition` before them."""
    said = {"v": BODY_VERSION, "headline": headline(notification), "condition": condition(notification)}
    return {**said, **msgspec.to_builtins(notification)}


class _NoRedirect(HTTPRedirectHandler):
    """A POST that is redirected would go on as a GET, whose 200 would look like a delivery."""

    def redirect_request(self, *_: Any) -> None:
        return None


def webhook(url: str, *, timeout_s: float = TIMEOUT_S) -> Notify:
    """A function that posts a notification to `url`, or raises DeliveryError. Any 2xx is success."""
    opener = build_opener(_NoRedirect)

    def deliver(notification: Notification) -> None:
        headers = {"Content-Type": "application/json", "User-Agent": "inferwatch"}
        body = msgspec.json.encode(webhook_body(notification))
        request = Request(url, data=body, headers=headers, method="POST")  # noqa: S310 - targets.py wants http(s)
        try:
            opener.open(request, timeout=timeout_s).close()
        except HTTPError as error:
            error.close()
            raise refused("the webhook", error.code, dict(error.headers)) from None
        except (OSError, HTTPException) as error:
            raise unreachable("the webhook", error) from None

    return deliver
