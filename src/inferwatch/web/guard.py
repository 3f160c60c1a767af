"""The gate in front of every view: the Host header, the session, and the headers that a browser is held to."""

from __future__ import annotations

from collections.abc import Collection
from urllib.parse import urlencode

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from inferwatch.web import entry
from inferwatch.web.json_response import JsonResponse
from inferwatch.web.sessions import Sessions

STATIC = "/static/"
PAGES = ("/", "/overview")
"""What people open; all else is opened by these."""

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)
HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


class Guard:
    """ASGI middleware. allowed_hosts: host names without port; any other is refused, against DNS rebinding."""

    def __init__(self, app: ASGIApp, sessions: Sessions, allowed_hosts: Collection[str]) -> None:
        self._app = app
        self._sessions = sessions
        self._allowed_hosts = frozenset(host.lower() for host in allowed_hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = Request(scope)
        static = request.url.path.startswith(STATIC)

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update(HEADERS)
                headers.setdefault("Cache-Control", "no-cache" if static else "no-store")
            await send(message)

        refusal = self._refusal(request, static)
        await (refusal or self._app)(scope, receive, send_guarded)

    def _refusal(self, request: Request, static: bool) -> Response | None:
        """The answer in place of the view, or None where the view may answer."""
        host, _ = host_and_port(request.headers.get("host", ""))
        if host not in self._allowed_hosts:
            names = ", ".join(sorted(self._allowed_hosts))
            text = f"This page does not answer to the name {host!r}; open it as {names}.\n"
            return PlainTextResponse(text, status_code=421)
        if static:
            return None
        known = self._sessions.holds(session_of(request))
        if request.url.path in PAGES and "token" in request.query_params:
            return self._admit(request, known)
        if known:
            return None
        if request.url.path not in PAGES:
            problem = "no session; open the link that the terminal shows"
            return JsonResponse({"error": problem}, status_code=401)
        if request.headers.get("sec-fetch-site") == "cross-site":
            return HTMLResponse(entry.COME_AGAIN)
        return HTMLResponse(entry.refused("This page needs a link"), status_code=401)

    def _admit(self, request: Request, known: bool) -> Response:
        """Exchange the token for a cookie. A reload of a used link does no harm to who is in already."""
        session = self._sessions.begin(request.query_params["token"])
        if session is None and not known:
            return HTMLResponse(entry.refused("This link has been used"), status_code=401)
        rest = [(name, value) for name, value in request.query_params.multi_items() if name != "token"]
        path = request.url.path
        response = RedirectResponse(f"{path}?{urlencode(rest)}" if rest else path, status_code=303)
        if session is not None:
            response.set_cookie(cookie_name(request), session, httponly=True, samesite="strict")
        return response


def cookie_name(request: Request) -> str:
    """Browsers share cookies between the ports of a host, so each port has a cookie of its own."""
    _, port = host_and_port(request.headers.get("host", ""))
    return f"inferwatch_{port or 80}"


def session_of(request: Request) -> str:
    """The session's id that the request shows, or "" if it shows none."""
    return request.cookies.get(cookie_name(request), "")


def host_and_port(header: str) -> tuple[str, str]:
    """`localhost:8000` -> (`localhost`, `8000`), `[::1]:8000` -> (`[::1]`, `8000`); the port may be empty."""
    host, colon, port = header.rpartition(":")
    if not colon or (header.startswith("[") and not host.endswith("]")):
        return header.lower(), ""
    return host.lower(), port
