"""The pages for who is not in yet. They say how to get in, and need no script."""

from __future__ import annotations

from html import escape

_FRAME = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>InferWatch</title>
<link rel="icon" href="/static/icon.svg">
<link rel="stylesheet" href="/static/tokens.css">
<link rel="stylesheet" href="/static/entry.css">
{body}
</html>
"""

# A SameSite=Strict cookie is not sent when a link on another site (a message in Slack) leads here. The refresh
# is a request of our own page, with which it is sent.
COME_AGAIN = _FRAME.format(body='<meta http-equiv="refresh" content="0"><p>Opening InferWatch.</p>')


def refused(title: str) -> str:
    """The page for a missing or used token."""
    return _FRAME.format(
        body=f"""<main>
<h1>{escape(title)}</h1>
<p>Each link to InferWatch opens one browser once, so that nobody else on this machine can look in.</p>
<p>The terminal in which InferWatch runs has printed a new link: open that one.</p>
</main>"""
    )
