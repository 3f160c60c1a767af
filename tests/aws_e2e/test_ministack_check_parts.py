"""What `check --aws` follows of queue, history and lake, `doctor` and `send`: MiniStack, by the documented policy."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from deployed_stack import DeployedStack
from log_lines import records
from ministack_process import MiniStack, came_over_tls
from ministack_user import User
from patience import eventually

from inferwatch.aws.check import messages
from inferwatch.aws.check import parts as links
from inferwatch.aws.patience import Patience
from inferwatch.aws.site import Site

pytestmark = pytest.mark.xdist_group("ministack")

LOG_GROUP = "/test/parts/doubler"
PATIENCE = Patience(lambda: time.time_ns() // 1_000_000, time.sleep)


@pytest.fixture(scope="module")
def user(cloud: MiniStack, parts: DeployedStack, model: Path) -> User:
    made = User(cloud, model, "parts", "read", "check")
    made.site.session.events.register("before-send.sqs", came_over_tls)
    return made


@pytest.fixture
def site(user: User, monkeypatch: pytest.MonkeyPatch) -> Site:
    """Of the environment "parts", whose queues are reached over TLS only."""
    for name, value in user.environ.items():
        monkeypatch.setenv(name, value)
    for module in ("session", "site"):
        monkeypatch.setattr(f"inferwatch.aws.{module}.open_session", lambda *_: user.site.session)
    return user.site


def values(result: Result) -> dict[str, dict[str, Any]]:
    assert result.stdout, result.stderr
    return {each["what"]: each for each in map(json.loads, result.stdout.splitlines())}


def test_a_message_is_followed_into_its_record_and_the_record_into_the_history(site: Site, cloud: MiniStack) -> None:
    followed = messages.followed(site, '{"x": 4}', PATIENCE, 60_000)
    assert followed.verdict == "ok", followed
    assert f"left a record in {LOG_GROUP}" in followed.says
    last = tuple(records(cloud, LOG_GROUP))[-1:]
    kept = links.history(site, last, PATIENCE, 60_000)
    assert (kept.verdict, kept.says) == ("ok", f"transaction {last[0]} is in doubler-parts-Inference-History")
    assert messages.dead_letters(site).verdict in ("ok", "warning")
    assert links.lake(site, PATIENCE).verdict == "ok"


def test_the_doctor_finds_the_parts(site: Site, user: User, model: Path) -> None:
    findings = values(user.run("doctor", str(model), "--aws", "--json"))
    for what in ("may read", "queue", "history", "lake"):
        assert findings[what]["verdict"] == "ok", findings[what]


def test_a_message_can_be_sent(site: Site, cloud: MiniStack, user: User, model: Path) -> None:
    result = user.run("send", "--aws", "--spec", str(model), '{"x": 21}')
    assert result.exit_code == 0, result.stderr
    message_id = result.stdout.strip()

    def found() -> list[dict[str, Any]]:
        return [record for record in records(cloud, LOG_GROUP).values() if record.get("message_id") == message_id]

    (record,) = eventually(found, bool)
    assert record["prediction"] == 42


def test_dead_letters_are_listed(site: Site, cloud: MiniStack, parts: DeployedStack, user: User, model: Path) -> None:
    sqs, url = cloud.client("sqs", tls=True), parts.outputs["DeadLetterQueueUrl"]
    message_id = sqs.send_message(QueueUrl=url, MessageBody='{"x": "none"}')["MessageId"]
    result = user.run("dead-letters", "--aws", "--json", "--spec", str(model), "-n", "100")
    assert result.exit_code == 0, result.stderr
    listed = {row["message_id"]: row for row in map(json.loads, result.stdout.splitlines())}
    assert (listed[message_id]["body"], listed[message_id]["error"]) == ('{"x": "none"}', None)
    sqs.purge_queue(QueueUrl=url)
