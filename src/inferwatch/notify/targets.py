"""The targets that a spec declares, made from it and from the environment."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from urllib.parse import urlsplit

from inferwatch.errors import SpecError
from inferwatch.notify.slack import slack
from inferwatch.notify.webhook import webhook
from inferwatch.ports import Notify
from inferwatch.spec.monitor_spec import MonitorSpec

_KINDS: dict[str, Callable[[str], Notify]] = {"slack": slack, "webhook": webhook}


def targets(spec: MonitorSpec, environ: Mapping[str, str]) -> dict[str, Notify | None]:
    """How each `[notify.*]` table is delivered to; None where its variable is not named or not set.

    Raises SpecError where a variable holds something else than an http(s) URL, without telling what.
    """
    made: dict[str, Notify | None] = {}
    for name, target in spec.notify.items():
        variable = target.webhook_env
        url = environ.get(variable, "").strip() if variable else ""
        if url and not _is_web_url(url):
            problem = f"the environment variable {variable} does not hold an http(s) URL"
            raise SpecError(spec.file, f"notify.{name}.webhook_env", problem)
        made[name] = _KINDS[target.type](url) if url else None
    return made


def _is_web_url(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0 and url.isprintable()
    except ValueError:  # of a port that is no number, or a broken IPv6 address
        return False
