"""Mistakes around queues and subscriptions that neither CDK nor cfn-lint sees. Each check gives what is wrong."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

from boolean_expression import filter_pattern
from intrinsics import Template, resolved

QUEUE_ARN = r"arn:aws[a-z-]*:sqs:[a-z0-9-]+:\d{12}:[A-Za-z0-9_-]{1,80}(\.fifo)?"
TOPIC_ARN = r"arn:aws[a-z-]*:sns:[a-z0-9-]+:\d{12}:[A-Za-z0-9_-]{1,256}(\.fifo)?"
SUBSCRIPTIONS_MAX = 2
_DEFAULT_VISIBILITY, _DEFAULT_TIMEOUT = 30, 3

Check = Callable[[Template], list[str]]


def dead_letter_targets(template: Template) -> list[str]:
    """What takes dead letters: a queue's are a queue of its own kind, a function's a queue or a topic, none FIFO."""
    problems = []
    for logical, properties in _of(template, "AWS::SQS::Queue"):
        target = _document(properties.get("RedrivePolicy")).get("deadLetterTargetArn")
        if target is not None and not re.fullmatch(QUEUE_ARN, str(target)):
            problems.append(f"{logical}: {target!r} is no queue")
        elif target is not None and target.endswith(".fifo") is not bool(properties.get("FifoQueue")):
            problems.append(f"{logical}: {target!r} is of another kind")
        sources = _document(properties.get("RedriveAllowPolicy")).get("sourceQueueArns", [])
        problems += [f"{logical}: {arn!r} is no queue" for arn in sources if not re.fullmatch(QUEUE_ARN, str(arn))]
    for logical, target in _of_functions(template):
        if not re.fullmatch(f"{QUEUE_ARN}|{TOPIC_ARN}", str(target)) or str(target).endswith(".fifo"):
            problems.append(f"{logical}: {target!r} is neither a queue nor a topic")
    return problems


def redrive_permissions(template: Template) -> list[str]:
    """A queue that names its sources takes dead letters of these alone."""
    queues = dict(_of(template, "AWS::SQS::Queue"))
    by_name = {properties.get("QueueName"): properties for properties in queues.values()}
    problems = []
    for logical, properties in queues.items():
        target = str(_document(properties.get("RedrivePolicy")).get("deadLetterTargetArn", ""))
        allowed = _document(by_name.get(target.rpartition(":")[2], {}).get("RedriveAllowPolicy"))
        named = [arn.rpartition(":")[2] for arn in allowed.get("sourceQueueArns", [])]
        refused = allowed.get("redrivePermission") == "denyAll" or (named and properties.get("QueueName") not in named)
        if target and refused:
            problems.append(f"{logical}: {target} takes no dead letters of it")
    return problems


def visibility(template: Template) -> list[str]:
    """A message is hidden for at least as long as the function that works on it may take."""
    queues = {p.get("QueueName"): p for _, p in _of(template, "AWS::SQS::Queue")}
    functions = {p.get("FunctionName"): p for _, p in _of(template, "AWS::Lambda::Function")}
    problems = []
    for logical, mapping in _of(template, "AWS::Lambda::EventSourceMapping"):
        queue = queues.get(str(mapping["EventSourceArn"]).rpartition(":")[2], {})
        function = functions.get(_function_name(mapping["FunctionName"]), {})
        hidden = queue.get("VisibilityTimeout", _DEFAULT_VISIBILITY)
        takes = function.get("Timeout", _DEFAULT_TIMEOUT)
        if hidden < takes:
            problems.append(f"{logical}: messages are hidden for {hidden} s, and the function may take {takes} s")
    return problems


def partial_failures(template: Template) -> list[str]:
    """Who takes batches of messages says which of them failed; else one bad message brings all of them back."""
    return [
        f"{logical}: a whole batch fails at once"
        for logical, mapping in _of(template, "AWS::Lambda::EventSourceMapping")
        if mapping.get("FunctionResponseTypes") != ["ReportBatchItemFailures"]
    ]


def subscriptions(template: Template) -> list[str]:
    """No log group has more than it takes, and every pattern can be read."""
    found = list(_of(template, "AWS::Logs::SubscriptionFilter"))
    counted = Counter(properties["LogGroupName"] for _, properties in found)
    problems = [f"{name}: {n} subscriptions" for name, n in counted.items() if n > SUBSCRIPTIONS_MAX]
    for logical, properties in found:
        try:
            filter_pattern(properties["FilterPattern"])
        except ValueError as error:
            problems.append(f"{logical}: {error}")
    return problems


CHECKS: tuple[Check, ...] = (dead_letter_targets, redrive_permissions, visibility, partial_failures, subscriptions)


def _of_functions(template: Template) -> Iterator[tuple[str, Any]]:
    """Where functions send what they could not take in."""
    for logical, properties in _of(template, "AWS::Lambda::Function"):
        if config := properties.get("DeadLetterConfig"):
            yield logical, config["TargetArn"]
    for logical, properties in _of(template, "AWS::Lambda::EventInvokeConfig"):
        if failed := properties.get("DestinationConfig", {}).get("OnFailure"):
            yield logical, failed["Destination"]


def _function_name(called: str) -> str:
    """Of an ARN, or of a name, each with or without an alias."""
    return called.rpartition(":function:")[2].partition(":")[0]


def _document(value: Any) -> dict[str, Any]:
    """A policy of a queue, which may be given as JSON text too."""
    document = json.loads(value) if isinstance(value, str) else value or {}
    assert isinstance(document, dict)
    return document


def _of(template: Template, kind: str) -> Iterator[tuple[str, dict[str, Any]]]:
    for logical, resource in template["Resources"].items():
        if resource["Type"] == kind:
            yield logical, resolved(template, resource.get("Properties", {}))
