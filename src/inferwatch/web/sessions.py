"""Who may look: a one-time token in the printed link is exchanged for a session cookie."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable

TOKEN_BYTES = 24


class Sessions:
    """Holds the token that is good for one use, and the sessions begun with the tokens before it.

    on_new_token: told each token after the first, so that the terminal can print the next link.
    Sessions live as long as the process; a restart asks everybody for a new link.
    """

    def __init__(self, on_new_token: Callable[[str], None]) -> None:
        self._on_new_token = on_new_token
        self._sessions: list[str] = []
        self.token = secrets.token_urlsafe(TOKEN_BYTES)

    def begin(self, token: str) -> str | None:
        """A new session's id for the current token, which is thereby used up; None for any other token."""
        if not _same(token, self.token):
            return None
        self.token = secrets.token_urlsafe(TOKEN_BYTES)
        session = secrets.token_urlsafe(TOKEN_BYTES)
        self._sessions.append(session)
        self._on_new_token(self.token)
        return session

    def holds(self, session: str) -> bool:
        """Whether `session` is one that was begun here."""
        return any(_same(session, known) for known in self._sessions)


def _same(left: str, right: str) -> bool:
    """In constant time, so that a guess learns nothing from how long its refusal took."""
    return hmac.compare_digest(left.encode("utf-8", "replace"), right.encode())
