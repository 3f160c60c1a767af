"""What is looked at before a deployment makes anything. Each check that fails is one finding, which says what to do."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial

from inferwatch.aws import explained
from inferwatch.aws.alarms import deployed as deployed_alarms
from inferwatch.aws.notifications import slack
from inferwatch.aws.resources import (
    bootstrap,
    concurrency,
    function,
    repository,
    sagemaker,
    stack,
    subscriptions,
    taken,
)
from inferwatch.aws.site import Site
from inferwatch.cli.deployment import cdk_cli, docker, log_groups, ownership, tables
from inferwatch.cli.deployment.app import ENDPOINT, MODEL, PIPELINE, App
from inferwatch.errors import AwsError, InferWatchError
from inferwatch.finding import Finding

_STUCK = {
    "UPDATE_ROLLBACK_FAILED": "a failed update could not be taken back: "
    "`aws cloudformation continue-update-rollback --stack-name {name}`, or `inferwatch destroy`",
    "ROLLBACK_FAILED": "its creation failed and could not be taken back: `inferwatch destroy` removes it",
    "DELETE_FAILED": "its deletion failed: `inferwatch destroy` says why, and tries again",
}

_ONLY_SAID = frozenset({"rollout"})
"""Checks whose problem stops no deployment."""

Problem = str | None
Check = Callable[[], Problem]


def findings(
    site: Site,
    environ: Mapping[str, str],
    *,
    app: App = MODEL,
    bootstraps: bool = False,
    existing_log_group: bool = False,
    existing_table: bool = False,
) -> Iterator[Finding]:
    """One for each check, `ok`, `wrong`, or `warning` where the caller may not look or nothing is wrong as yet.

    app: what is deployed to the site; bootstraps: the account is going to be bootstrapped, so that it need not be;
    existing_log_group, existing_table: what is there already is to be used as it is.
    """
    yield _finding("cdk", partial(cdk_cli.fetch, environ))
    if app is not PIPELINE:
        yield _finding("docker", partial(docker.problem, site.spec, environ))
    if not bootstraps:
        yield _finding("bootstrap", partial(bootstrap.problem, site.session, site.caller))
    yield _finding("stack", partial(stack_problem, site))
    for what, check in _CHECKS[app](site):
        yield _finding(what, check)
    if not existing_log_group:
        yield _finding("log group", partial(log_groups.problem, site))
    if not existing_table:
        yield _finding("table", partial(tables.problem, site))


def _of_model(site: Site) -> Iterator[tuple[str, Check]]:
    session, names, spec = site.session, site.names, site.spec
    yield "function", partial(function_problem, site)
    yield "concurrency", partial(concurrency.problem, session, names.function, spec.function)
    yield "rollout", partial(rollout_problem, site)
    yield "names", partial(taken.problem, site)
    yield "subscriptions", partial(subscriptions.problem, site)
    if spec.sagemaker is not None and spec.sagemaker.endpoint is not None:
        yield "endpoint", partial(sagemaker.problem, session, spec.sagemaker.endpoint)
    yield from _of_own_endpoint(site)
    for name, target in spec.notify.items():
        if target.workspace_id is not None and target.channel_id is not None:
            yield f"notify.{name}", partial(slack.workspace_problem, session, target.workspace_id)
            yield (
                f"notify.{name}",
                partial(slack.channel_problem, session, target.channel_id, site.arn("sns", names.topic)),
            )


def _of_endpoint(site: Site) -> Iterator[tuple[str, Check]]:
    yield "names", partial(taken.problem, site)
    yield from _of_own_endpoint(site)


def _of_own_endpoint(site: Site) -> Iterator[tuple[str, Check]]:
    """Of one that the stack makes."""
    asked = site.spec.sagemaker
    if asked is not None and asked.endpoint is None:
        yield (
            "endpoint",
            partial(sagemaker.conversion_problem, site.session, site.names.endpoint, asked.instance_type),
        )


def _of_pipeline(site: Site) -> Iterator[tuple[str, Check]]:
    if site.spec.pipeline is not None:
        yield "source", partial(repository.problem, site.session, site.spec.pipeline)


_CHECKS = {MODEL: _of_model, ENDPOINT: _of_endpoint, PIPELINE: _of_pipeline}


def stack_problem(site: Site) -> Problem:
    """Why the stack, in the state that it is in, cannot be made or changed. Raises AwsError."""
    found = stack.find(site.session, site.names.stack)
    if found is None or found.is_empty:
        return None
    if (problem := ownership.problem(found, site.spec.identity)) is not None:
        return problem
    if found.is_at_work:
        return f"the stack {found.name} is {found.status}: another deployment is at work, wait for its end"
    advice = _STUCK.get(found.status)
    return f"the stack {found.name} is {found.status}, {advice.format(name=found.name)}" if advice else None


def function_problem(site: Site) -> Problem:
    """Why the function cannot be made or changed: one of that name is another's, or of another package.

    Raises AwsError.
    """
    name, package = site.names.function, site.spec.function.package
    found = function.find(site.session, name)
    if found is None:
        return None
    if not log_groups.in_use(site):
        return (
            f"there is a function {name} in {site.where} already, and the stack {site.names.stack} did not make it: "
            "another model of this name has it; give this one another"
        )
    if found.package != package:
        return (
            f"the function {name} is deployed as {found.package}, and Lambda cannot make it one of package "
            f"{package!r}: write {found.package!r}, or `inferwatch destroy --keep-logs` and `inferwatch deploy "
            "--existing-log-group`"
        )
    return None


def rollout_problem(site: Site) -> Problem:
    """Why a new version would be turned back at once: CodeDeploy does so while an alarm is on. Raises AwsError."""
    rollout = site.spec.function.rollout
    if rollout == "AllAtOnce" or not site.spec.alarms:
        return None
    on = [name for name, alarm in deployed_alarms.declared(site).items() if alarm["StateValue"] == "ALARM"]
    if not on:
        return None
    return (
        f"{', '.join(on)} in ALARM: with rollout {rollout!r} CodeDeploy turns a new version back at once; wait, or "
        'deploy what mends it with rollout = "AllAtOnce"'
    )


def _finding(what: str, check: Check) -> Finding:
    try:
        problem = check()
    except AwsError as error:
        if error.code in explained.DENIED:  # a deployment acts by CDK's own roles, which may do more
            return Finding(what, "warning", f"could not be looked at: {error}")
        return Finding(what, "wrong", str(error))
    except InferWatchError as error:
        return Finding(what, "wrong", str(error))
    if problem is None:
        return Finding(what, "ok", "")
    return Finding(what, "warning" if what in _ONLY_SAID else "wrong", problem)
