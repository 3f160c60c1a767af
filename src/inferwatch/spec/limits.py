"""CloudWatch's limits on names and metrics, as its API reference and the Lambda logging page state them."""

from __future__ import annotations

import re

# Patterns are compiled when first used, which the recording path never does.
LOG_GROUP_MAX = 512
_LOG_GROUP = r"[.\-_/#A-Za-z0-9]+"
METRIC_NAMESPACE_MAX = 255
_METRIC_NAMESPACE = r"[0-9A-Za-z.\-_/#: ]+"
METRIC_NAME_MAX = 255
DIMENSION_VALUE_MAX = 1024
ALARM_NAME_MAX = 255
ALARM_ACTIONS_MAX = 5
METRICS_A_LINE_MAX = 100
VALUES_A_METRIC_MAX = 100
DIMENSIONS_MAX = 30
# Either way of zero; PutMetricData refuses what lies beyond, and embedded metrics become the same datapoints.
METRIC_VALUE_MAX = 2.0**360
RETENTION_DAYS = (
    *(1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731),
    *(1096, 1827, 2192, 2557, 2922, 3288, 3653),
)

UNITS = (
    *("Seconds", "Microseconds", "Milliseconds"),
    *("Bytes", "Kilobytes", "Megabytes", "Gigabytes", "Terabytes"),
    *("Bits", "Kilobits", "Megabits", "Gigabits", "Terabits"),
    *("Percent", "Count"),
    *("Bytes/Second", "Kilobytes/Second", "Megabytes/Second", "Gigabytes/Second", "Terabytes/Second"),
    *("Bits/Second", "Kilobits/Second", "Megabits/Second", "Gigabits/Second", "Terabits/Second"),
    *("Count/Second", "None"),
)


def log_group_problem(name: str) -> str | None:
    """Why `name` cannot be a log group, or None. A group is also a folder, so `.` and `..` are no segments."""
    if len(name) > LOG_GROUP_MAX:
        return f"is {len(name)} characters long; a log group has at most {LOG_GROUP_MAX}"
    if not re.fullmatch(_LOG_GROUP, name):
        return "has a character that a log group cannot have; allowed are letters, digits and . - _ / #"
    if not name.startswith("/"):
        return "must begin with '/', as in '/abc_corp/claim'"
    if name.lower().startswith("/aws/"):
        return "must not begin with '/aws/', which AWS keeps for itself"
    if any(segment in ("", ".", "..") for segment in name[1:].split("/")):
        return "has an empty segment or one of '.' and '..'"
    return None


def metric_namespace_problem(name: str) -> str | None:
    """Why `name` cannot be a CloudWatch metric namespace, or None."""
    if not 1 <= len(name) <= METRIC_NAMESPACE_MAX:
        return f"must have 1 to {METRIC_NAMESPACE_MAX} characters"
    if not re.fullmatch(_METRIC_NAMESPACE, name):
        return "has a character that a metric namespace cannot have"
    if name.startswith("AWS/"):
        return "must not begin with 'AWS/', which AWS keeps for itself"
    if name.startswith(":") or not name.strip():
        return "must begin with a letter, a digit or one of . - _ / #"
    return None


def printable_ascii_problem(name: str, longest: int) -> str | None:
    """Why `name` cannot name a metric, a dimension or an alarm, or None."""
    if not name.strip():
        return "must not be empty"
    if len(name) > longest:
        return f"is {len(name)} characters long; at most {longest} are allowed"
    if not name.isascii() or not name.isprintable():
        return "may hold printable ASCII characters only"
    return None
