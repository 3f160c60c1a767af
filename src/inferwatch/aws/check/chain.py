"""The whole chain: each link is looked at when those that it hangs on have been."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

import msgspec

from inferwatch.aws.check import alarm, answers, lines, messages, metrics, parts
from inferwatch.aws.check.answers import Answered
from inferwatch.aws.check.link import Link, timed
from inferwatch.aws.notifications import targets
from inferwatch.aws.patience import Patience
from inferwatch.aws.resources import model_client
from inferwatch.aws.resources.stack import Stack
from inferwatch.aws.site import Site
from inferwatch.errors import AwsError
from inferwatch.finding import Finding


class Trial(msgspec.Struct, frozen=True, kw_only=True):
    """What is tried. body: of each request, JSON; url: of the model where it is not the stack's own; token: for an
    API with auth `jwt`; wait_ms: the longest that one link is waited for; force_alarm: whether one alarm is forced.
    """

    body: bytes
    requests: int = 3
    url: str | None = None
    token: str | None = None
    wait_ms: int = 300_000
    force_alarm: bool = True


def follow(site: Site, trial: Trial, patience: Patience) -> Iterator[Link]:
    """The links in their order, each as soon as it is known. patience: by AWS's clock."""
    link, found = timed("stack", lambda: answers.deployed(site), patience.now_ms)
    yield link
    if found is None and trial.url is None:
        return
    if site.spec.sagemaker is not None:
        yield _alone("endpoint", lambda: parts.endpoint(site), patience)
    answer, answered = timed("answer", partial(_answers, site, trial, found, patience), patience.now_ms)
    yield answer
    if answered is not None:
        yield from _recorded(site, trial, patience, answered)
    yield from _with_parts(site, trial, patience, answered)
    if trial.force_alarm:
        yield from _notified(site, trial, patience, in_progress=link.verdict == "not yet")


def _answers(site: Site, trial: Trial, found: Stack | None, patience: Patience) -> tuple[Finding, Answered | None]:
    if site.spec.api.type == "none" and trial.url is None:
        send, address = model_client.invoker(site), site.names.function
    else:
        address = trial.url or (found.outputs.get(model_client.URL, "") if found else "")
        if not address:
            raise AwsError(
                f"the stack {site.names.stack} has no output {model_client.URL}: give the API's own with --url"
            )
        send = model_client.sender(site, address, found, trial.token)
    return answers.answers(site, address, send, trial.body, trial.requests, patience.now_ms)


def _recorded(site: Site, trial: Trial, patience: Patience, answered: Answered) -> Iterator[Link]:
    log, recorded = timed("log", lambda: lines.records(site, answered, patience, trial.wait_ms), patience.now_ms)
    yield log
    if recorded is not None:
        yield _alone("report", lambda: lines.reports(site, answered, recorded, patience, trial.wait_ms), patience)
    embedded = log.verdict == "wrong" if recorded is None else recorded.embedded
    yield _alone("metrics", lambda: metrics.invocations(site, answered, embedded, patience, trial.wait_ms), patience)


def _with_parts(site: Site, trial: Trial, patience: Patience, answered: Answered | None) -> Iterator[Link]:
    if site.spec.queue is not None:
        body = trial.body.decode()
        yield _alone("queue", lambda: messages.followed(site, body, patience, trial.wait_ms), patience)
        yield _alone("dead letters", lambda: messages.dead_letters(site), patience)
    if site.spec.history is not None:
        ids = answered.transaction_ids if answered is not None else ()
        yield _alone("history", lambda: parts.history(site, ids, patience, trial.wait_ms), patience)
    if site.spec.lake is not None:
        yield _alone("lake", lambda: parts.lake(site, patience), patience)


def _alone(what: str, look: Callable[[], Finding], patience: Patience) -> Link:
    """A link that no other hangs on."""
    return timed(what, lambda: (look(), None), patience.now_ms)[0]


def _notified(site: Site, trial: Trial, patience: Patience, *, in_progress: bool) -> Iterator[Link]:
    topics: tuple[str, ...] = ()
    if in_progress:
        yield Link("alarm", "not yet", "a deployment is going on, and an alarm could roll it back: none was forced")
    else:
        forced, heard = timed("alarm", lambda: alarm.forced(site, patience, trial.wait_ms), patience.now_ms)
        yield forced
        topics = heard or ()
    began = patience.now_ms()
    try:
        for finding in targets.findings(site, topics):
            yield Link.of(finding, (patience.now_ms() - began) / 1000)
            began = patience.now_ms()
    except AwsError as error:
        yield Link("notify", "wrong", str(error))
