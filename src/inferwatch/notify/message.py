"""A notification as a Slack message: Block Kit, kept within Slack's limits, everything foreign escaped.

https://docs.slack.dev/reference/block-kit/blocks gives the limits: 3000 characters in a section's text, 2000 in
one of its fields.
"""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import quote

from inferwatch.alarms.values import ALARM, INSUFFICIENT_DATA, OK, Notification, State, Transition
from inferwatch.alarms.wording import STATE_WORDS, condition, headline, instant, outcome
from inferwatch.ports import Record

TEXT_MAX = 3000
FIELD_MAX = 2000
HEADLINE_MAX = 300
ALSO_MAX = 20
_VALUE_MAX = 120
_URL_MAX = 1000
_COLOURS: dict[State, str] = {ALARM: "#d1242f", OK: "#1a7f37", INSUFFICIENT_DATA: "#9a6700"}

Block = dict[str, Any]


def slack_message(notification: Notification) -> dict[str, Any]:
    """The JSON body for an incoming webhook: a line of text, and the details beside a bar in the state's colour."""
    text = escape(headline(notification), HEADLINE_MAX)
    attachment = {
        "color": _COLOURS[notification.transition.state],
        "fallback": text,
        "blocks": [block for block in _blocks(notification) if block],
    }
    return {"text": text, "attachments": [attachment]}


def escape(text: str, limit: int) -> str:
    """One line of at most `limit` characters in which Slack finds no markup of its own: `& < >` are escaped."""
    line = " ".join(text.split())
    return clip(line.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;"), limit)


def clip(text: str, limit: int) -> str:
    """`text` cut to `limit` characters, never within an escape such as `&amp;`."""
    if len(text) <= limit:
        return text
    return re.sub(r"&[a-z]*$", "", text[: limit - 1]) + "…"


def _blocks(notification: Notification) -> list[Block]:
    return [
        _section([f"*{escape(condition(notification), 500)}*", escape(notification.description, 1000)]),
        _facts(notification),
        _section(_children(notification)),
        _section(_also(notification.also)),
        _section([_record(record) for record in notification.records]),
        _context([escape(notification.transition.reason, 1500)]),
        _context(_links(notification)),
    ]


def _facts(notification: Notification) -> Block:
    told = notification.transition
    state = f"{STATE_WORDS[told.state]} since {instant(told.at_ms)}, before: {STATE_WORDS[told.previous]}"
    facts = {
        "State": state,
        "Model": f"{notification.namespace.rstrip('/')}/{notification.model_name}",
        "Version": notification.model_version,
        "Environment": notification.environment,
    }
    fields = [_text(f"*{name}*\n{escape(value, FIELD_MAX - 50)}") for name, value in facts.items()]
    return {"type": "section", "fields": fields}


def _children(notification: Notification) -> list[str]:
    """Why each alarm of a composite one is in ALARM."""
    loud = [child for child in notification.children if child.state == ALARM]
    lines = [f"{escape(child.alarm, 100)}: {escape(child.reason, 300)}" for child in loud[:ALSO_MAX]]
    return lines if len(loud) <= ALSO_MAX else [*lines, f"and {len(loud) - ALSO_MAX} more"]


def _also(transitions: tuple[Transition, ...]) -> list[str]:
    lines = [f"{STATE_WORDS[t.state]}: {escape(t.alarm, 100)}" for t in transitions[:ALSO_MAX]]
    if len(transitions) > ALSO_MAX:
        lines.append(f"and {len(transitions) - ALSO_MAX} more, all on the page")
    return lines


def _record(record: Record) -> str:
    said = ", ".join(escape(part, _VALUE_MAX) for part in outcome(record))
    return f"`{escape(str(record.get('transaction_id', '')), 64)}` {said}"


def _links(notification: Notification) -> list[str]:
    links = [("Runbook", notification.runbook), ("Open the page", notification.link)]
    said = [_link(label, url) for label, url in links if url]
    return [*said, "This may have been delivered before."] if notification.duplicate else said


def _link(label: str, url: str) -> str:
    if not url.startswith(("http://", "https://")):
        return f"{label}: {escape(url, _URL_MAX)}"
    safe = quote(url, safe="!#$%&'()*+,/:;=?@[]~")  # leaves no space, quote, bar or angle bracket
    return f"<{escape(safe, _URL_MAX)}|{label}>"


def _section(lines: list[str]) -> Block:
    text = "\n".join(line for line in lines if line)
    return {"type": "section", "text": _text(clip(text, TEXT_MAX))} if text else {}


def _context(elements: list[str]) -> Block:
    texts = [_text(element) for element in elements if element]
    return {"type": "context", "elements": texts} if texts else {}


def _text(text: str) -> Block:
    return {"type": "mrkdwn", "text": text}
