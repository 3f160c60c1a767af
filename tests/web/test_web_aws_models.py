"""All models of an account, the page of another of them, its questions and its deployments, over AWS's data."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from aws_page import MINUTE, AwsPage, aws_page
from aws_world import refused
from registry_world import make_table
from web_world import Server

from inferwatch.aws.registry import DynamoRegistry
from inferwatch.cli.aws_overview import WANTED
from inferwatch.registry.records import Deployment, ModelVersion
from inferwatch.sdk import Monitor
from inferwatch.spec.load import spec_of

OWN, LOUPE = "/demo/vision/digits", {"model": "/demo/vision/close/loupe", "environment": "prod"}


@pytest.fixture
def page(tmp_path: Path) -> Iterator[AwsPage]:
    """Beside the page's own model one further below its node, and one elsewhere."""
    with aws_page(tmp_path) as made:
        for namespace, name in (("/demo/vision/close", "loupe"), ("/demo/visionary", "other")):
            spec = spec_of({"model": {"namespace": namespace, "name": name, "confidence_scale": 1}}, "prod")
            lines: list[bytes] = []
            monitor = Monitor(spec.compile(), lines.append)
            for at in range(10):
                monitor.record(start_ms=made.start + at, elapse=10.0 * (at + 1), confidence=0.5, request={"x": at})
            made.cloud.put(lines, group=spec.identity.log_group)
        yield made


@pytest.fixture
def client(page: AwsPage) -> Iterator[httpx.Client]:
    with Server(page) as server, httpx.Client(base_url=server.url, timeout=30) as client:
        assert client.get(server.link).status_code == 303
        yield client


def view(client: httpx.Client, path: str, **params: Any) -> Any:
    answer = client.get(f"/api/{path}", params=params)
    assert answer.status_code == 200, answer.text
    return answer.json()


def watch(page: AwsPage, name: str, **of: Any) -> None:
    """An alarm in CloudWatch that is in ALARM."""
    cloudwatch = page.cloud.site.session.client("cloudwatch")
    plain = {"EvaluationPeriods": 1, "ComparisonOperator": "GreaterThanThreshold", "Threshold": 1.0, "Period": 60}
    of = {"Namespace": "AWS/Lambda", "MetricName": "Errors", "Statistic": "Sum", **of}
    cloudwatch.put_metric_alarm(AlarmName=name, **plain, **of)
    cloudwatch.set_alarm_state(AlarmName=name, StateValue="ALARM", StateReason="too many")


def test_the_models_at_or_below_the_specs_node_tell_how_they_stand(client: httpx.Client, page: AwsPage) -> None:
    watch(page, "loupe-prod-Down")
    billed = page.billed
    own, loupe = view(client, "overview")["models"]
    assert (loupe["log_group"], own["log_group"]) == (LOUPE["model"], OWN)
    assert (loupe["invocations"], loupe["error_rate"], loupe["state"]) == (10, 0, "ALARM")
    assert loupe["p90"] == pytest.approx(90, abs=11)
    assert loupe["in_alarm"] == ["Down"]
    assert own["alarms"] == len(page.spec.alarms)
    assert own["state"] == "OK"
    assert sum(value or 0 for value in own["spark"]) <= own["invocations"] == 181
    assert page.billed == billed + 2 * len(WANTED)
    assert view(client, "overview")["models"] == [own, loupe]
    assert page.billed == billed + 2 * len(WANTED), "an answer is good for a while"


def test_an_alarm_is_the_models_whose_dimensions_it_has_or_whose_name_it_begins_with(
    client: httpx.Client, page: AwsPage
) -> None:
    dimensions = [{"Name": "model_name", "Value": "loupe"}, {"Name": "environment", "Value": "prod"}]
    watch(page, "named-as-one-likes", Namespace="demo/vision/close", MetricName="ErrorCount", Dimensions=dimensions)
    watch(page, "digits-More")
    watch(page, "somebody-else")
    own, loupe = view(client, "overview")["models"]
    assert (loupe["in_alarm"], own["in_alarm"]) == (["named-as-one-likes"], ["More"])


def test_another_model_has_a_page_made_of_what_it_sent(client: httpx.Client, page: AwsPage) -> None:
    watch(page, "loupe-prod-Down")
    model = view(client, "model", **LOUPE)
    assert (model["title"], model["declared"], model["billed"]) == ("loupe", False, True)
    assert "probability" in {widget["type"] for widget in model["widgets"]}
    tiles = {tile["id"]: tile["value"] for tile in view(client, "tiles", **LOUPE)["tiles"]}
    assert tiles["succeeded"] == 10
    (alarm,) = view(client, "alarms", **LOUPE)["alarms"]
    assert (alarm["name"], alarm["state"]) == ("Down", "ALARM")
    rows = view(client, "transactions", where="elapse > 80", **LOUPE)["transactions"]
    assert [row["elapse"] for row in rows] == [100, 90]
    assert client.get("/api/model", params={"model": "/demo/visionary/other", "environment": "prod"}).status_code == 404


def test_logs_insights_answers_the_box_and_refuses_what_it_cannot_say(client: httpx.Client, page: AwsPage) -> None:
    (row,) = view(client, "transactions", where="status = 'failed'")["transactions"]
    assert row["error"]["type"] == "ValueError"
    told = view(client, "query", by="status", stat="count,p50:elapse")
    assert [(one["status"], one["count"]) for one in told["rows"]] == [("failed", 1), ("succeeded", 179)]
    assert told["notes"]
    refusal = client.get("/api/transactions", params={"where": "prediction = 'a \"quoted\" word'"})
    assert refusal.status_code == 400
    assert "Logs Insights" in refusal.json()["error"]


def test_the_page_asks_for_no_traffic_of_versions_by_itself(client: httpx.Client, page: AwsPage) -> None:
    asked = page.searches
    told = view(client, "versions")["versions"]
    assert [(one["model_version"], one["records"]) for one in told] == [("1", None)]
    assert page.searches == asked
    assert view(client, "compare", a="1", b="2")["first"]["records"] == 180


def test_deployments_are_those_of_the_registry_if_there_is_one(client: httpx.Client, page: AwsPage) -> None:
    assert view(client, "changes")["changes"] == []
    session = page.cloud.site.session
    make_table(session)
    registry = DynamoRegistry(session)
    about: dict[str, Any] = {
        "namespace": "/demo/vision",
        "model_name": "digits",
        "create_at": "2026-01-01T00:00:00.000Z",
    }
    registry.register_version(ModelVersion(model_version=7, created_by="ana", **about))
    made = registry.register_deployment(
        Deployment(
            **about,
            model_version=7,
            deployment_id=0,
            environment="dev",
            deployment_method="Lambda",
            state="pending",
            created_by="ana",
        )
    )
    registry.promote(made.model, made.deployment_id, now_ms=page.start, by="ana")
    page.now += 2 * MINUTE
    assert view(client, "changes")["current"]["model_version"] == 7
    assert [model["model_version"] for model in view(client, "overview")["models"]] == [7, None]


def test_what_aws_refuses_of_all_models_is_told(client: httpx.Client, page: AwsPage) -> None:
    page.broken["DescribeAlarms"] = refused("DescribeAlarms", "AccessDeniedException", "not for you")
    answer = client.get("/api/overview")
    assert answer.status_code == 503
    assert "DescribeAlarms is not allowed" in answer.json()["error"]
