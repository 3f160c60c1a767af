"""`check --aws` over an account that is well, and over one with each fault planted: the right link says so."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import orjson
import pytest
from deployed_model import REGION, SPEC, URL, World, account

from inferwatch.aws.check.chain import Trial, follow
from inferwatch.aws.resources import model_client
from inferwatch.aws.resources.model_client import Answer
from inferwatch.spec.sample import sample


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    with account():
        made = World(tmp_path)
        monkeypatch.setattr(model_client, "URLLib3Session", lambda timeout: SimpleNamespace(send=made.send))
        yield made


def links(world: World, **trial: Any) -> dict[str, tuple[str, str]]:
    """Verdict and words by link."""
    body = orjson.dumps(sample(world.spec.features))
    found = follow(world.site, Trial(body=body, **trial), world.clock.patience)
    return {link.what: (link.verdict, link.says) for link in found}


def test_every_link_of_a_healthy_deployment_holds(world: World) -> None:
    found = links(world)
    assert {what: verdict for what, (verdict, _) in found.items()} == dict.fromkeys(
        ("stack", "answer", "log", "report", "metrics", "alarm", "notify.slack", "notify.email"), "ok"
    )
    assert "3 x 200, the first after 40 ms" in found["answer"][1]
    assert "3 records in /abc_corp/health/sleep, status succeeded" in found["log"][1]
    assert "97 MB of 512 MB" in found["report"][1]
    assert "Invocations 3 in abc_corp/health {model_name=sleep, environment=dev}" in found["metrics"][1]
    assert "sleep-High-Latency-Alarm was set to ALARM, published to sleep-Inference-Alarms" in found["alarm"][1]
    assert "models in abc_corp hears sleep-Inference-Alarms" in found["notify.slack"][1]


def test_links_are_told_as_they_come_with_the_time_they_took(world: World) -> None:
    seconds = {
        link.what: link.seconds for link in follow(world.site, Trial(body=b'{"hours": 7}'), world.clock.patience)
    }
    assert seconds["answer"] == pytest.approx(0.12)
    assert 4 <= seconds["log"] <= 6
    assert 85 <= seconds["metrics"] <= 105


def test_requests_are_signed_for_the_stack_s_own_api(world: World) -> None:
    links(world)
    request = world.requests[0]
    assert request.url == URL
    assert f"/{REGION}/execute-api/aws4_request" in request.headers["Authorization"]
    assert request.body == b'{"hours":0}'


def test_a_forced_alarm_is_put_back(world: World) -> None:
    links(world)
    assert world.states_set == ["ALARM", "OK"]
    states = world.session.client("cloudwatch").describe_alarms()["MetricAlarms"]
    assert {alarm["StateValue"] for alarm in states} == {"OK"}


def test_a_forced_alarm_is_put_back_when_the_person_gives_up(world: World) -> None:
    world.publishes = None

    def interrupted(seconds: float) -> None:
        raise KeyboardInterrupt if world.states_set else AssertionError("nothing was forced yet")

    world.lag_s, world.metrics_lag_s = 0, 0
    with pytest.raises(KeyboardInterrupt):
        list(follow(world.site, Trial(body=b'{"hours": 7}'), world.clock.patience._replace(pause=interrupted)))
    assert world.states_set == ["ALARM", "OK"]


def test_without_the_alarm_nobody_is_told(world: World) -> None:
    assert set(links(world, force_alarm=False)) == {"stack", "answer", "log", "report", "metrics"}
    assert world.states_set == []


def test_no_stack_ends_the_chain_and_names_the_region_that_has_it(world: World) -> None:
    cloudformation = world.session.client("cloudformation")
    template = cloudformation.get_template(StackName=world.names.stack)["TemplateBody"]
    world.session.client("cloudformation", region_name="us-west-2").create_stack(
        StackName=world.names.stack, TemplateBody=orjson.dumps(template).decode()
    )
    cloudformation.delete_stack(StackName=world.names.stack)
    ((what, (verdict, says)),) = links(world).items()
    assert (what, verdict) == ("stack", "wrong")
    assert "no stack abc-corp-health-sleep in account 123456789012, region eu-central-1" in says
    assert "there is one in us-west-2: give --region" in says


@pytest.mark.parametrize(
    ("status", "verdict", "says"),
    [
        ("UPDATE_IN_PROGRESS", "not yet", "wait for its end"),
        ("UPDATE_ROLLBACK_COMPLETE", "warning", "the last deployment failed"),
        ("ROLLBACK_COMPLETE", "wrong", "`inferwatch deploy` says what is in the way"),
    ],
)
def test_a_stack_s_state_is_explained(world: World, status: str, verdict: str, says: str) -> None:
    stack = {
        "StackName": world.names.stack,
        "StackId": "id",
        "StackStatus": status,
        "CreationTime": "2026-11-21T09:00:00Z",
    }
    world.replies("cloudformation.DescribeStacks", lambda _: {"Stacks": [stack]})
    found = links(world)
    assert found["stack"][0] == verdict
    assert says in found["stack"][1]
    assert ("answer" in found) == (verdict != "wrong")
    if verdict == "not yet":
        assert "could roll it back" in found["alarm"][1]
        assert world.states_set == []


@pytest.mark.parametrize(
    ("status", "kind", "message", "says"),
    [
        (403, "AccessDeniedException", "no", "user/alice may not call the API: it needs execute-api:Invoke"),
        (403, "MissingAuthenticationTokenException", "Missing Authentication Token", "no such stage or route"),
        (403, "InvalidSignatureException", "Signature expired", "clock or the secret key is wrong"),
        (404, "", "Not Found", "no such stage or route"),
        (429, "TooManyRequestsException", "Too Many Requests", "throttled"),
        (400, "BadRequestException", "Invalid request body", "the API refused the body before the model saw it"),
        (500, "", "Internal Server Error", "the function did not answer"),
    ],
)
def test_a_refusal_of_the_api_is_explained(world: World, status: int, kind: str, message: str, says: str) -> None:
    body = orjson.dumps({"message": message})
    world.refusal = Answer(status, {"x-amzn-ErrorType": kind} if kind else {}, body)
    found = links(world)
    assert found["answer"][0] == "wrong"
    assert says in found["answer"][1]
    assert len(world.requests) == 1
    assert found["log"][0] == found["metrics"][0] == "not yet"


def test_what_the_model_refuses_is_recorded_all_the_same(world: World) -> None:
    found = {link.what: link for link in follow(world.site, Trial(body=b'{"hours": 77}'), world.clock.patience)}
    assert found["answer"].verdict == "wrong"
    assert "give one that it takes with --body" in found["answer"].says
    assert (found["log"].verdict, found["metrics"].verdict) == ("ok", "ok")
    assert "status rejected (InvalidFeatures" in found["log"].says


def test_a_function_that_dies_is_told_by_its_own_log(world: World) -> None:
    world.refusal = Answer(500, {}, b'{"message":"Internal Server Error"}')
    record = {"status": "timeout", "requestId": "r"}
    world.clock.now += 1000
    world.logged(orjson.dumps({"type": "platform.report", "record": record}), world.clock.now + 100)
    assert links(world)["log"] == ("wrong", "no record, since the function failed: platform.report says timeout")


def broken_timestamp(line: bytes) -> bytes:
    document = orjson.loads(line)
    document["_aws"]["Timestamp"] -= 15 * 86_400_000
    return orjson.dumps(document)


def without_directive(line: bytes) -> bytes:
    document = orjson.loads(line)
    del document["_aws"]
    return orjson.dumps(document)


@pytest.mark.parametrize(
    ("fault", "says"),
    [
        (without_directive, "the _aws member is missing"),
        (broken_timestamp, "more than 14 days before it was logged"),
        (lambda line: orjson.dumps({"level": "INFO", "message": orjson.loads(line)}), "a logger wrapped it"),
        (lambda line: line.replace(b'"model_name":"sleep"', b'"model_name":7'), "are not valid"),
        (lambda line: line.replace(b'"Namespace":"abc_corp/health"', b'"Namespace":"other"'), "in the namespace other"),
        (lambda line: line.replace(b'"environment":"dev"', b'"environment":"prod"'), "environment=prod"),
        (lambda line: line[:-40], "no JSON object: it was cut"),
    ],
)
def test_a_line_that_gives_no_metrics_says_why(world: World, fault: Any, says: str) -> None:
    world.line, world.metrics_lag_s = fault, None
    found = links(world)
    assert found["log"][0] == "wrong"
    assert says in found["log"][1]
    assert found["metrics"][0] == "not yet"


def test_metrics_that_are_late_are_not_yet_wrong(world: World) -> None:
    world.metrics_lag_s = 200
    verdict, says = links(world, wait_ms=60_000)["metrics"]
    assert verdict == "not yet"
    assert "they come 1 to 3 minutes later" in says


def test_metrics_that_never_come_are_wrong(world: World) -> None:
    world.metrics_lag_s = None
    verdict, says = links(world)["metrics"]
    assert verdict == "wrong"
    assert "is the log group's class Standard?" in says


def test_metrics_of_another_namespace_or_region_are_found_there(world: World) -> None:
    world.metrics_lag_s = None
    datum = {"MetricName": "Invocations", "Value": 1, "Dimensions": []}
    west = world.session.client("cloudwatch", region_name="eu-west-1")
    west.put_metric_data(Namespace="abc_corp/health", MetricData=[datum])
    assert "the metric is in eu-west-1, not in eu-central-1" in links(world)["metrics"][1]
    dimensions = [{"Name": "model_name", "Value": "sleep"}, {"Name": "environment", "Value": "dev"}]
    world.session.client("cloudwatch").put_metric_data(
        Namespace="elsewhere", MetricData=[{**datum, "Dimensions": dimensions}]
    )
    assert "the metric is in the namespace elsewhere" in links(world)["metrics"][1]


def test_a_line_that_does_not_come_is_asked_of_the_function(world: World) -> None:
    world.lag_s = 10_000
    assert links(world)["log"][0] == "not yet"
    world.function["LogGroup"] = "/aws/lambda/sleep"
    assert links(world)["log"][1].startswith("the function logs to /aws/lambda/sleep")
    world.function |= {"LogGroup": world.names.log_group, "Variables": {"INFERWATCH_ENVIRONMENT": "prod"}}
    assert "runs as environment prod" in links(world)["log"][1]


def test_a_report_that_does_not_come_is_asked_of_the_function(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    logged = world.logged
    monkeypatch.setattr(world, "logged", lambda line: None if b"platform.report" in line else logged(line))
    assert links(world)["report"] == (
        "not yet",
        "no platform.report of these invocations so far; is the system log level INFO?",
    )
    world.function["LogFormat"] = "Text"
    assert links(world)["report"][1].startswith("the function logs as Text")


def test_a_permission_that_is_missing_is_named_and_the_next_links_are_still_tried(world: World) -> None:
    world.denies("cloudwatch-logs.FilterLogEvents")
    found = links(world)
    assert found["log"][0] == "wrong"
    assert "not authorized to perform: logs:FilterLogEvents" in found["log"][1]
    assert "inferwatch doctor --aws --policy" in found["log"][1]
    assert (found["metrics"][0], found["alarm"][0]) == ("ok", "ok")


@pytest.mark.parametrize(
    ("error", "says"),
    [
        ("CloudWatch Alarms does not have authorization to access the SNS topic encryption key.", "kms:Decrypt"),
        ("Resource: arn:x is not authorized to perform: SNS:Publish on resource: arn:y", "allow sns:Publish"),
    ],
)
def test_an_alarm_that_cannot_publish_says_why(world: World, error: str, says: str) -> None:
    world.publishes, world.publish_error = "Failed", error
    verdict, said = links(world)["alarm"]
    assert verdict == "wrong"
    assert error in said
    assert says in said
    assert world.states_set == ["ALARM", "OK"]


def test_an_action_is_read_from_the_summary_where_the_data_was_cut(world: World) -> None:
    item = {"HistorySummary": f'Failed to execute action {world.topic}. Received error: "no"', "HistoryData": '{"ac'}
    world.replies("cloudwatch.DescribeAlarmHistory", lambda _: {"AlarmHistoryItems": [item]})
    verdict, says = links(world)["alarm"]
    assert verdict == "wrong"
    assert 'Received error: "no"' in says


def test_records_of_which_one_is_missing_are_counted(world: World) -> None:
    lines: list[bytes] = []

    def second_is_lost(line: bytes) -> bytes:
        lines.append(line)
        return b'{"_aws":{}}' if len(lines) == 2 else line

    world.line, world.metrics_lag_s = second_is_lost, None
    assert links(world)["log"] == ("not yet", "2 of 3 records are in /abc_corp/health/sleep so far")


def test_an_alarm_without_history_is_not_yet_known(world: World) -> None:
    world.publishes = None
    assert links(world)["alarm"][0] == "not yet"


def test_alarms_that_are_in_alarm_or_mute_or_missing_are_not_forced(world: World) -> None:
    cloudwatch = world.session.client("cloudwatch")
    names = [alarm["AlarmName"] for alarm in cloudwatch.describe_alarms()["MetricAlarms"]]
    cloudwatch.disable_alarm_actions(AlarmNames=names)
    assert "are switched off" in links(world)["alarm"][1]
    for name in names:
        cloudwatch.set_alarm_state(AlarmName=name, StateValue="ALARM", StateReason="it is slow")
    assert "in ALARM already" in links(world)["alarm"][1]
    cloudwatch.delete_alarms(AlarmNames=names)
    assert "there is no alarm sleep-High-Latency-Alarm" in links(world)["alarm"][1]
    assert world.states_set == ["ALARM"] * 3


def test_targets_that_do_not_hear_are_named(world: World) -> None:
    world.replies("chatbot.DescribeSlackChannelConfigurations", lambda _: {"SlackChannelConfigurations": []})
    pending = {"Endpoint": "someone@example.com", "SubscriptionArn": "PendingConfirmation", "Protocol": "email"}
    world.replies("sns.ListSubscriptionsByTopic", lambda _: {"Subscriptions": [pending]})
    found = links(world)
    assert found["notify.slack"][0] == "wrong"
    assert found["notify.email"][0] == "not yet"
    assert "has not confirmed yet" in found["notify.email"][1]


def test_a_model_without_an_api_is_invoked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with account():
        world = World(tmp_path, SPEC + '\n[api]\ntype = "none"\n')
        asked: list[dict[str, Any]] = []

        def invoke(params: dict[str, Any]) -> dict[str, Any]:
            asked.append(params)
            said = world.infer(params["Payload"])
            return {"StatusCode": 200, "Payload": SimpleNamespace(read=said["body"].encode)}

        world.replies("lambda.Invoke", invoke)
        found = links(world)
    assert (found["answer"][0], found["metrics"][0]) == ("ok", "ok")
    assert (asked[0]["FunctionName"], asked[0]["Qualifier"]) == ("sleep-Inference", "live")
