"""Which web pages may call the service: the cross-origin headers.

`INFERWATCH_ALLOW_ORIGIN` says it: `*` (default) for any page, origins separated by commas
(`https://app.example.com`), or empty for pages of the service's own origin only. Cookies are never allowed.
"""

from __future__ import annotations

from collections.abc import Mapping

VARIABLE = "INFERWATCH_ALLOW_ORIGIN"
PREFLIGHT_HEADERS: Mapping[str, str] = {
    "Access-Control-Allow-Methods": "GET,POST,OPTIONS",
    "Access-Control-Allow-Headers": "Content-Type,Authorization,X-Api-Key,X-Amz-Date,X-Amz-Security-Token",
    "Access-Control-Max-Age": "600",
}


def allowed_origins(environ: Mapping[str, str]) -> tuple[str, ...]:
    """The setting as a tuple of origins, `("*",)` for any."""
    listed = environ.get(VARIABLE, "*").split(",")
    return tuple(origin.strip().rstrip("/") for origin in listed if origin.strip())


def headers(allowed: tuple[str, ...], origin: str | None) -> dict[str, str]:
    """The headers of an answer to a page of `origin`, None where the caller is no page."""
    if "*" in allowed:
        return {"Access-Control-Allow-Origin": "*"}
    if not allowed:
        return {}
    if origin in allowed:
        return {"Access-Control-Allow-Origin": str(origin), "Vary": "Origin"}
    return {"Vary": "Origin"}
