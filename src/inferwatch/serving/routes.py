"""Which paths the service has, and the answers that need no model.

Only the last segment of a path decides: what stands before it is an API's stage or the base path of a
custom domain, and both reach the function.
"""

from __future__ import annotations

from inferwatch.serving.answer import Answer, error
from inferwatch.serving.cors import PREFLIGHT_HEADERS

METHODS = {"predict": "POST", "invocations": "POST", "ping": "GET"}


def modelless_answer(method: str, path: str) -> Answer | None:
    """The answer to `GET /ping`, to a preflight, or to what the service does not have; None for an inference."""
    allowed = METHODS.get(path.rstrip("/").rpartition("/")[2])
    if allowed is None:
        known = ", ".join(f"{verb} /{name}" for name, verb in METHODS.items())
        return error(404, "NotFound", f"there is no such path; this service has {known}")
    if method == "OPTIONS":
        return Answer(204, headers=PREFLIGHT_HEADERS)
    if method != allowed:
        refusal = error(405, "MethodNotAllowed", f"{method} is not allowed here; use {allowed}")
        return refusal._replace(headers={"Allow": f"{allowed}, OPTIONS"})
    return Answer(200, {"status": "ok"}) if method == "GET" else None
