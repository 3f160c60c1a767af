"""`check --aws` and `doctor --aws` of queue, endpoint, history and lake: as they should be, and each fault planted."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import orjson
import pytest
from click.testing import CliRunner
from deployed_model import World, account
from model_parts import WITH_PARTS, Parts

from inferwatch.aws.check.chain import Trial, follow
from inferwatch.aws.doctor.permission import USES
from inferwatch.aws.resources import model_client
from inferwatch.cli import doctor
from inferwatch.cli.commands import cli
from inferwatch.cli.deployment import docker

BODY = b'{"hours": 7}'


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    with account():
        made = World(tmp_path, WITH_PARTS)
        monkeypatch.setattr(model_client, "URLLib3Session", lambda timeout: SimpleNamespace(send=made.send))
        yield made


@pytest.fixture
def parts(world: World) -> Parts:
    return Parts(world)


@pytest.fixture
def deployed(parts: Parts) -> Parts:
    return parts.deploy()


def links(world: World, **trial: Any) -> dict[str, tuple[str, str]]:
    """Verdict and words by link."""
    found = follow(world.site, Trial(body=BODY, **{"force_alarm": False, **trial}), world.clock.patience)
    return {link.what: (link.verdict, link.says) for link in found}


def test_every_part_of_a_healthy_deployment_holds(world: World, deployed: Parts) -> None:
    deployed.answers_messages()
    deployed.writes_history()
    deployed.behind(120)
    found = links(world, force_alarm=True)
    assert {what: verdict for what, (verdict, _) in found.items() if verdict != "ok"} == {}
    assert list(found)[:3] == ["stack", "endpoint", "answer"]
    assert found["endpoint"][1] == "sleep-Endpoint is InService"
    assert "left a record in /abc_corp/health/sleep after 8 s, succeeded" in found["queue"][1]
    assert found["dead letters"][1] == "sleep-Inference-Dead-Letters is empty"
    assert "is in sleep-Inference-History" in found["history"][1]
    assert "sleep-Inference-Lake is ACTIVE, and behind by 120 s" in found["lake"][1]


def test_the_message_is_the_body(world: World, deployed: Parts) -> None:
    deployed.answers_messages()
    links(world)
    (message,) = deployed.waiting()
    assert message["Body"] == BODY.decode()


@pytest.mark.parametrize(
    ("status", "kind", "says"),
    [
        ("rejected", "attempt", "was refused: InvalidFeatures: no hours; give one that the model takes with --body"),
        ("failed", "attempt", "failed at its first try: InvalidFeatures"),
        ("failed", "transaction", "left a record in /abc_corp/health/sleep after 8 s, failed: InvalidFeatures"),
    ],
)
def test_a_message_that_the_model_does_not_take_says_why(
    world: World, deployed: Parts, status: str, kind: str, says: str
) -> None:
    deployed.answers_messages(status=status, kind=kind)
    verdict, said = links(world)["queue"]
    assert verdict == "wrong"
    assert says in said


def test_a_message_that_leaves_no_line_is_looked_for_in_the_queue(world: World, deployed: Parts) -> None:
    verdict, says = links(world, wait_ms=10_000)["queue"]
    assert verdict == "not yet"
    assert "left no line in /abc_corp/health/sleep so far; 1 wait in sleep-Inference-Queue, 0 are being tried" in says


@pytest.mark.parametrize(
    ("mapping", "says"),
    [
        (None, "nothing hands the messages of sleep-Inference-Queue to sleep-Inference:live"),
        ({"State": "Disabled"}, "to sleep-Inference:live is Disabled"),
        ({"State": "Enabled", "LastProcessingResult": "PROBLEM: Function call failed"}, "PROBLEM: Function call"),
    ],
)
def test_no_message_is_sent_where_none_would_be_taken(
    world: World, deployed: Parts, mapping: dict[str, Any] | None, says: str
) -> None:
    deployed.mapping = mapping
    verdict, said = links(world)["queue"]
    assert verdict == "wrong"
    assert says in said
    assert deployed.waiting() == []


def test_dead_letters_are_counted_and_can_be_tried_again(world: World, deployed: Parts) -> None:
    deployed.answers_messages()
    for body in ("a", "b"):
        deployed.dead_letter(body)
    verdict, says = links(world)["dead letters"]
    assert verdict == "warning"
    assert says.startswith("2 in sleep-Inference-Dead-Letters: `inferwatch dead-letters --aws` says why")


@pytest.mark.parametrize(
    ("status", "verdict"),
    [("Creating", "not yet"), ("Updating", "not yet"), ("Failed", "wrong"), ("Deleting", "wrong")],
)
def test_an_endpoint_that_does_not_serve_is_told_before_the_answer(
    world: World, deployed: Parts, status: str, verdict: str
) -> None:
    world.replies("sagemaker.DescribeEndpoint", lambda _: {"EndpointStatus": status, "FailureReason": "no image"})
    found = links(world)
    assert found["endpoint"] == (verdict, f"sleep-Endpoint is {status} (no image)")
    assert list(found).index("endpoint") < list(found).index("answer")


def test_parts_that_are_not_there_are_named(world: World, parts: Parts) -> None:
    found = links(world)
    for what, name in (
        *(("queue", "sleep-Inference-Queue"), ("dead letters", "sleep-Inference-Dead-Letters")),
        *(("endpoint", "sleep-Endpoint"), ("history", "sleep-Inference-History"), ("lake", "sleep-Inference-Lake")),
    ):
        verdict, says = found[what]
        assert verdict == "wrong", what
        assert name in says
        assert "`inferwatch deploy` makes it" in says


def test_a_transaction_that_does_not_come_into_the_history_is_not_yet_there(world: World, deployed: Parts) -> None:
    verdict, says = links(world, wait_ms=5_000)["history"]
    assert verdict == "not yet"
    assert "the log of sleep-History-Writer says what became of it" in says


@pytest.mark.parametrize("part", ["history", "lake"])
def test_a_log_group_that_hands_nothing_on_is_told(world: World, deployed: Parts, part: str) -> None:
    deployed.subscriptions = []
    verdict, says = links(world)[part]
    assert verdict == "wrong"
    assert f"/abc_corp/health/sleep has no subscription sleep-{part.title()}" in says


def test_a_lake_that_is_far_behind_is_told(world: World, deployed: Parts) -> None:
    deployed.behind(4000)
    verdict, says = links(world)["lake"]
    assert verdict == "warning"
    assert "is 4000 s old; its errors lie in the bucket, under errors/" in says


def test_a_lake_that_has_had_nothing_is_well(world: World, deployed: Parts) -> None:
    verdict, says = links(world)["lake"]
    assert verdict == "ok"
    assert "has delivered nothing in 3 h; a record lies in S3 within 300 s" in says


def test_a_model_without_parts_has_no_such_links(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with account():
        plain = World(tmp_path / "plain")
        monkeypatch.setattr(model_client, "URLLib3Session", lambda timeout: SimpleNamespace(send=plain.send))
        assert set(links(plain)) == {"stack", "answer", "log", "report", "metrics"}


def findings(world: World, monkeypatch: pytest.MonkeyPatch) -> dict[str, tuple[str, str]]:
    monkeypatch.setattr("inferwatch.aws.session.open_session", lambda declared, region: world.session)
    monkeypatch.setattr(docker, "problem", lambda spec, environ: None)
    result = CliRunner().invoke(cli, ["doctor", str(world.folder), "--aws", "--json"])
    rows = map(orjson.loads, result.stdout.splitlines())
    return {row["what"]: (row["verdict"], row["says"]) for row in rows}


def test_the_doctor_looks_at_every_part(world: World, deployed: Parts, monkeypatch: pytest.MonkeyPatch) -> None:
    found = findings(world, monkeypatch)
    assert {found[what][0] for what in ("endpoint", "queue", "dead letters", "history", "lake")} == {"ok"}
    assert found["queue"][1] == "sleep-Inference:live works on sleep-Inference-Queue, where 0 wait"
    assert found["history"][1] == "sleep-Inference-History: 0 items, 0.0 MB"
    assert deployed.waiting() == []


def test_the_doctor_says_which_part_is_missing(world: World, parts: Parts, monkeypatch: pytest.MonkeyPatch) -> None:
    parts.queues()
    parts.dead_letter("a")
    found = findings(world, monkeypatch)
    assert found["queue"][0] == "ok"
    assert found["dead letters"][0] == "warning"
    assert {found[what][0] for what in ("endpoint", "history", "lake")} == {"wrong"}


def test_the_policy_can_be_of_some_uses_alone(world: World) -> None:
    assert doctor.USES == USES
    asked = ["doctor", str(world.folder), "--aws", "--policy", "--use", "check", "--region", "eu-central-1"]
    result = CliRunner().invoke(cli, asked)
    sids = [statement["Sid"] for statement in orjson.loads(result.stdout)["Statement"]]
    assert sids
    assert all(sid.startswith("Check") for sid in sids)
    assert CliRunner().invoke(cli, ["doctor", str(world.folder), "--aws", "--use", "check"]).exit_code == 2
