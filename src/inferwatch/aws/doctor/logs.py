"""The log group and the function that writes to it, beside what the spec says of them."""

from __future__ import annotations

from collections.abc import Iterator

from inferwatch.aws.explained import explained
from inferwatch.aws.resources import function, log_group
from inferwatch.aws.site import Site
from inferwatch.cloudwatch.filters import MetricFilter, metric_filters
from inferwatch.finding import Finding


def group(site: Site) -> Iterator[Finding]:
    """Whether the log group is there, keeps its lines as long as it should, and can have metrics. Raises AwsError."""
    name, wanted = site.names.log_group, site.spec.logs
    found = log_group.find(site.session, name)
    if found is None:
        yield Finding(
            "log group", "wrong", f"there is no log group {name} in {site.where}: `inferwatch deploy` makes it"
        )
        return
    if found.log_class != log_group.STANDARD:
        says = (
            f"{name} is of the class {found.log_class}, of which CloudWatch makes no metrics, and a class cannot be"
            " changed: delete it and deploy again, or give the model another name or namespace"
        )
        yield Finding("log group", "wrong", says)
        return
    differs = []
    if found.retention_days != wanted.retention_days:
        kept = f"{found.retention_days} days" if found.retention_days else "for ever"
        differs.append(f"lines are kept {kept}, and logs.retention_days is {wanted.retention_days}")
    if wanted.customer_key and found.kms_key is None:
        differs.append("no key of the account's own encrypts it, and logs.customer_key is true")
    if differs:
        yield Finding("log group", "warning", f"{name}: {'; '.join(differs)}; {function.DEPLOY}")
    else:
        yield Finding("log group", "ok", f"{name}: {found.stored_bytes / 1e6:.1f} MB, kept {found.retention_days} days")


def filters(site: Site) -> Iterator[Finding]:
    """Whether the metric filters, which read memory and refusals, are as the spec makes them. Raises AwsError."""
    wanted = metric_filters(site.spec, called=site.names)
    there = {name: _patterns(site, name) for name in sorted({one.log_group for one in wanted})}
    differs = [one.metric for one in wanted if not _is_there(one, there[one.log_group])]
    if differs:
        says = f"{', '.join(differs)} have no datapoints, since their filters are missing or changed; {function.DEPLOY}"
        yield Finding("metric filters", "warning", says)
    else:
        yield Finding("metric filters", "ok", f"{len(wanted)}, as the spec makes them")


def deployed_function(site: Site, there: function.Function | None) -> Finding:
    """Whether the function is there, logs where it should, and runs as the spec's environment."""
    problem = function.place_problem(site, there) or (there and function.format_problem(there))
    says = f"{site.names.function}:{site.names.alias} logs to {site.names.log_group}"
    return Finding("function", "wrong" if problem else "ok", problem or says)


def _patterns(site: Site, group_name: str) -> dict[str, tuple[str, str]]:
    """Of each filter of a log group, the pattern and the namespace of its metric."""
    client = site.session.client("logs")
    with explained(f"looking at the metric filters of {group_name}"):
        try:
            pages = client.get_paginator("describe_metric_filters").paginate(logGroupName=group_name)
            found = [one for page in pages for one in page["metricFilters"]]
        except client.exceptions.ResourceNotFoundException:
            return {}
    return {
        transformation["metricName"]: (one["filterPattern"], transformation["metricNamespace"])
        for one in found
        for transformation in one["metricTransformations"]
    }


def _is_there(wanted: MetricFilter, there: dict[str, tuple[str, str]]) -> bool:
    return there.get(wanted.metric) == (wanted.pattern, wanted.namespace)
