"""Our own checks of queues and subscriptions, and each of them seen to fail where its mistake is planted."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest
import queue_checks
from intrinsics import Template, resolved
from queue_checks import Check
from synthesis import Synthesized

pytestmark = pytest.mark.xdist_group("synth")

Plant = Callable[[dict[str, Any]], None]

QUEUE, MAPPING = "AWS::SQS::Queue", "AWS::Lambda::EventSourceMapping"
SUBSCRIPTION = "AWS::Logs::SubscriptionFilter"
TOPIC = "arn:aws:sns:eu-central-1:123456789012:alarms"
BUCKET = "arn:aws:s3:::dead-letters"
OTHER = "arn:aws:sqs:eu-central-1:123456789012:another"


def redrive(target: str) -> Plant:
    return lambda p: p.update(RedrivePolicy={"deadLetterTargetArn": target, "maxReceiveCount": 3})


def allow(**policy: Any) -> Plant:
    return lambda p: p.update(RedriveAllowPolicy=policy)


def on_failure(arn: str) -> Plant:
    return lambda p: p.update(DestinationConfig={"OnFailure": {"Destination": arn}})


# By the logical id, in the stack `parts`, of what the mistake is planted in.
MISTAKES: list[tuple[Check, str, Plant]] = [
    (queue_checks.dead_letter_targets, "Queue381943A6", redrive(TOPIC)),
    (queue_checks.dead_letter_targets, "Queue381943A6", redrive("house_value-prod-Inference-Dead-Letters")),
    (queue_checks.dead_letter_targets, "Queue381943A6", redrive(f"{OTHER}.fifo")),
    (queue_checks.dead_letter_targets, "QueueDeadLetters9B423CAD", allow(sourceQueueArns=[TOPIC])),
    (queue_checks.dead_letter_targets, "HistoryTries8DB5C5E0", on_failure(BUCKET)),
    (queue_checks.dead_letter_targets, "HistoryTries8DB5C5E0", on_failure(f"{TOPIC}.fifo")),
    (
        queue_checks.dead_letter_targets,
        "HistoryWriterFunction986C4401",
        lambda p: p.update(DeadLetterConfig={"TargetArn": "arn:aws:logs:eu-central-1:123456789012:log-group:a"}),
    ),
    (queue_checks.redrive_permissions, "QueueDeadLetters9B423CAD", allow(redrivePermission="denyAll")),
    (
        queue_checks.redrive_permissions,
        "QueueDeadLetters9B423CAD",
        allow(redrivePermission="byQueue", sourceQueueArns=[OTHER]),
    ),
    (queue_checks.visibility, "Queue381943A6", lambda p: p.update(VisibilityTimeout=9)),
    (queue_checks.visibility, "Function6B188E59", lambda p: p.update(Timeout=61)),
    (queue_checks.partial_failures, "QueueMessagesD0DB2DD8", lambda p: p.pop("FunctionResponseTypes")),
    (queue_checks.subscriptions, "HistoryRecordsBB77B6E6", lambda p: p.update(FilterPattern='{ type = "a" }')),
]


@pytest.fixture
def parts(synthesized: Synthesized) -> Template:
    return deepcopy(synthesized.templates["parts"])


@pytest.mark.parametrize("check", queue_checks.CHECKS, ids=lambda check: check.__name__)
def test_no_template_has_the_mistake(synthesized: Synthesized, check: Check) -> None:
    assert {name: check(template) for name, template in synthesized.templates.items()} == {
        name: [] for name in synthesized.templates
    }


@pytest.mark.parametrize(
    ("check", "logical", "plant"), MISTAKES, ids=[f"{check.__name__}-{i}" for i, (check, _, _) in enumerate(MISTAKES)]
)
def test_a_planted_mistake_is_found(parts: Template, check: Check, logical: str, plant: Plant) -> None:
    properties = resolved(parts, parts["Resources"][logical]["Properties"])
    plant(properties)
    parts["Resources"][logical]["Properties"] = properties

    assert len(check(parts)) == 1


def test_a_third_subscription_of_a_log_group_is_found(parts: Template) -> None:
    for n in range(2):
        parts["Resources"][f"Third{n}"] = deepcopy(parts["Resources"]["HistoryRecordsBB77B6E6"])

    (problem,) = queue_checks.subscriptions(parts)

    assert problem.startswith("/abc_corp/housing/house_value: ")


def test_every_check_has_a_mistake_planted() -> None:
    assert {check for check, _, _ in MISTAKES} == set(queue_checks.CHECKS)
