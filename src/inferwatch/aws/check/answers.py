"""The first links: the stack, and the answers of the model behind its API."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from inferwatch.aws.resources import stack
from inferwatch.aws.resources.elsewhere import regions_with
from inferwatch.aws.resources.model_client import Answer, Send
from inferwatch.aws.site import Site
from inferwatch.finding import Finding

_OLD = ("UPDATE_ROLLBACK_COMPLETE", "IMPORT_ROLLBACK_COMPLETE")

LEEWAY_MS = 2000
"""AWS's clock is known to a second only, and its servers' differ."""


class Answered(NamedTuple):
    """start_ms: just before the first request, by AWS's clock; transaction_ids: of the records that were written."""

    start_ms: int
    transaction_ids: tuple[str, ...]


def deployed(site: Site) -> tuple[Finding, stack.Stack | None]:
    """The stack, None where there is none that could answer. Raises AwsError."""
    name = site.names.stack
    found = stack.find(site.session, name)
    if found is None or found.is_empty:
        return Finding("stack", "wrong", f"there is no stack {name} in {site.where}; {_where_else(site)}"), None
    says = f"{name} is {found.status} in {site.where}"
    if found.is_at_work:
        return Finding("stack", "not yet", f"{says}: wait for its end; until then no alarm is forced"), found
    if found.status in _OLD:
        return Finding("stack", "warning", f"{says}: the last deployment failed, and what was before it runs"), found
    if found.status in ("CREATE_COMPLETE", "UPDATE_COMPLETE", "IMPORT_COMPLETE"):
        return Finding("stack", "ok", says), found
    reason = f" ({found.reason})" if found.reason else ""
    return Finding("stack", "wrong", f"{says}{reason}: `inferwatch deploy` says what is in the way"), None


def _where_else(site: Site) -> str:
    name = site.names.stack
    others = regions_with(site.session, "cloudformation", lambda client: bool(client.describe_stacks(StackName=name)))
    if others:
        return f"there is one in {', '.join(others)}: give --region, or set aws.region in the spec"
    if site.spec.environments:
        declared = ", ".join(site.spec.environments)
        return f"nor in another region: `inferwatch deploy` makes it, or choose another --environment of {declared}"
    return "nor in another region: `inferwatch deploy` makes it"


def answers(
    site: Site, address: str, send: Send, body: bytes, requests: int, now_ms: Callable[[], int]
) -> tuple[Finding, Answered | None]:
    """Send the requests one after the other, until one is refused. address: for the finding. Raises AwsError."""
    start_ms = now_ms() - LEEWAY_MS
    elapsed: list[int] = []
    found: list[str] = []
    problem = None
    while len(elapsed) < requests and problem is None:
        sent_ms = now_ms()
        answer = send(body)
        elapsed.append(now_ms() - sent_ms)
        problem = refusal(site, answer)
        if answer.transaction_id:
            found.append(answer.transaction_id)
    seen = Answered(start_ms, tuple(found))
    if problem:
        return Finding("answer", "wrong", f"{address}: {problem}"), seen
    if len(found) < requests:
        return Finding("answer", "wrong", f"{address}: 200, without a transaction_id: not InferWatch's handler"), seen
    times = f"the first after {elapsed[0]} ms" + (f", the last after {elapsed[-1]} ms" if requests > 1 else "")
    return Finding("answer", "ok", f"{address}: {requests} x 200, {times}; transaction {found[-1]}"), seen


def refusal(site: Site, answer: Answer) -> str | None:
    """Why the answer is no prediction, and what to do; None where it is one."""
    error = answer.document.get("error")
    if answer.status == 200 and not error:
        return None
    kind = answer.headers.get("x-amzn-errortype", "").partition(":")[0]
    told = error if isinstance(error, dict) else answer.document
    message = str(told.get("message") or told.get("Message") or told.get("errorMessage") or "").strip()
    said = " ".join(filter(None, (str(answer.status), kind, f"({message})" if message else "")))
    return f"{said}: {_what_to_do(site, answer, kind, message)}"


def _what_to_do(site: Site, answer: Answer, kind: str, message: str) -> str:
    if "Signature" in kind or "Signature" in message:
        return "AWS does not accept the signature: this machine's clock or the secret key is wrong"
    if answer.status in (401, 403):
        return _not_let_in(site, kind)
    if answer.status == 404:
        return "the API has no such stage or route: is it another environment's?"
    if answer.status == 429:
        return "throttled: [api] rate_limit, burst_limit or daily_quota, or no environment of the function is free"
    if answer.transaction_id is None:
        if answer.status == 400:
            return "the API refused the body before the model saw it: give one that [features] allows with --body"
        return "the function did not answer: it died, did not start, or the API may not invoke it; see its log below"
    if answer.status == 400 or told_type(answer) in ("InvalidRequest", "InvalidFeatures", "MalformedJson"):
        return "the model refused the sample body: give one that it takes with --body"
    return f"the model failed; the record of transaction {answer.transaction_id} says how"


def told_type(answer: Answer) -> str:
    """The `type` of the service's own error, "" for none."""
    error = answer.document.get("error")
    return str(error.get("type", "")) if isinstance(error, dict) else ""


def _not_let_in(site: Site, kind: str) -> str:
    auth = site.spec.api.authorization
    if kind == "MissingAuthenticationTokenException":
        return "the API has no such stage or route, or wants another proof than the spec's auth: is it deployed anew?"
    if auth == "jwt":
        audience = ", ".join(site.spec.api.jwt_audience)
        return f"the token is not accepted: it must be of {site.spec.api.jwt_issuer}, for {audience}, and not expired"
    if auth == "api-key":
        return "the API key is not accepted: it is disabled, or its usage plan is not this stage's; deploy again"
    return f"{site.caller.arn} may not call the API: it needs execute-api:Invoke (`inferwatch doctor --aws --policy`)"
