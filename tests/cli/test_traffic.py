"""Moving a model's traffic to another deployment, on a function of moto's: `promote --aws` and `rollback --aws`."""

from __future__ import annotations

from pathlib import Path

import boto3
import pytest
from click.testing import CliRunner, Result
from fake_lambda import FakeLambda

from inferwatch.aws.registry import DynamoRegistry
from inferwatch.aws.resources import alias
from inferwatch.aws.site import Site, open_site
from inferwatch.cli.commands import cli
from inferwatch.cli.deployment import traffic
from inferwatch.cli.registration import remote
from inferwatch.cli.registration.plan import begin, plan
from inferwatch.errors import AwsError, DeployError, InferWatchError, RegistryError
from inferwatch.registry.records import Change, Deployment, Model
from inferwatch.spec import load_spec

MODEL = Model("/test", "claim")


@pytest.fixture
def function(session: boto3.Session) -> FakeLambda:
    return FakeLambda(session)


@pytest.fixture
def registry(session: boto3.Session, model: Path, function: FakeLambda) -> DynamoRegistry:
    """Of a model that was deployed twice."""
    made = DynamoRegistry(session)
    for text in ("1", "2"):
        (model / "app.py").write_text(f"def predict(features): return {text}\n")
        planned = begin(made, plan(made, remote.asked(load_spec(model, None, {}), by="alice")))
        function.deploy(*planned.numbers)  # type: ignore[arg-type]
        made.promote(MODEL, planned.deployment.deployment_id, now_ms=1, by="alice")
    return made


@pytest.fixture
def site(session: boto3.Session, model: Path) -> Site:
    return open_site(load_spec(model, None, {}), session=session)


def call(*arguments: str | Path) -> Result:
    return CliRunner().invoke(cli, list(map(str, arguments)))


def current(registry: DynamoRegistry) -> int:
    (found,) = [each for each in registry.deployments(MODEL) if each.state == "current"]
    return found.deployment_id


def test_rolling_back_moves_the_traffic(model: Path, registry: DynamoRegistry, function: FakeLambda) -> None:
    assert (function.serves, current(registry)) == ("2", 2)
    result = call("rollback", "--aws", "--spec", model)
    assert result.exit_code == 0, result.output
    assert (function.serves, current(registry)) == ("1", 1)


def test_promoting_moves_it_forth_again(model: Path, registry: DynamoRegistry, function: FakeLambda) -> None:
    call("rollback", "--aws", "--spec", model)
    result = call("promote", "2", "--aws", "--spec", model)
    assert result.exit_code == 0, result.output
    assert (function.serves, current(registry)) == ("2", 2)


def error(result: Result) -> str:
    assert isinstance(result.exception, InferWatchError), result.output
    return str(result.exception)


def test_one_whose_version_is_gone_is_refused_before_anything_changes(
    model: Path, registry: DynamoRegistry, function: FakeLambda, session: boto3.Session
) -> None:
    session.client("lambda").delete_function(FunctionName="claim-Inference", Qualifier="1")
    says = error(call("rollback", "--aws", "--spec", model))
    assert (
        "claim-Inference in account 123456789012, region eu-central-1 has no version of deployment 1 any more" in says
    )
    assert "check the code of version 1 out, and `inferwatch deploy` makes a new deployment of it" in says
    assert (function.serves, current(registry)) == ("2", 2)


def test_the_newest_of_several_versions_of_a_deployment_serves(
    model: Path, registry: DynamoRegistry, function: FakeLambda
) -> None:
    """A deployment whose packages were made anew is published again."""
    function.publish(INFERWATCH_MODEL_VERSION="1", INFERWATCH_DEPLOYMENT_ID="1", ANEW="1")
    call("rollback", "--aws", "--spec", model)
    assert function.serves == "3"


def test_an_id_of_a_time_before_the_registry_is_not_taken_for_it(
    model: Path, session: boto3.Session, function: FakeLambda, site: Site
) -> None:
    """Models that number by themselves have 1 there."""
    function.deploy(7, 1)
    with pytest.raises(DeployError, match="has no version of deployment 1 any more"):
        traffic.move(site, deployment(version=1), never)


def never() -> Change:
    raise AssertionError("the registry was told")


def deployment(version: int = 1, state: str = "superseded") -> Deployment:
    return Deployment(
        namespace="/test", model_name="claim", model_version=version, deployment_id=1, environment="dev",
        deployment_method="Lambda", state=state, create_at="2026-01-01T00:00:00.000Z", created_by="alice",  # type: ignore[arg-type]
    )  # fmt: skip


@pytest.mark.parametrize("refuses", [RegistryError("another was faster"), KeyboardInterrupt(), AwsError("no network")])
def test_what_the_registry_refuses_is_taken_back(
    registry: DynamoRegistry, function: FakeLambda, site: Site, refuses: BaseException
) -> None:
    moved: list[str] = []

    def change() -> Change:
        moved.append(function.serves)
        raise refuses

    with pytest.raises(type(refuses)):
        traffic.move(site, deployment(), change)
    assert (moved, function.serves) == (["1"], "2")


def test_it_can_be_done_again_where_it_was_ended_in_between(
    model: Path, registry: DynamoRegistry, function: FakeLambda, session: boto3.Session
) -> None:
    alias.point(session, "claim-Inference", "live", "1")
    assert call("rollback", "--aws", "--spec", model).exit_code == 0
    assert (function.serves, current(registry)) == ("1", 1)


def test_a_rollout_under_way_is_left_alone(registry: DynamoRegistry, function: FakeLambda, site: Site) -> None:
    function.shift("1")
    with pytest.raises(DeployError, match="claim-Inference:live is amidst a rollout"):
        traffic.move(site, deployment(), never)


def test_an_endpoint_cannot_be_turned_back_by_its_function(
    model: Path, registry: DynamoRegistry, function: FakeLambda
) -> None:
    with (model / "inferwatch.toml").open("a") as spec:
        spec.write("[sagemaker]\n")
    says = error(call("rollback", "--aws", "--spec", model))
    assert "the endpoint claim-Endpoint serves what was deployed last, whichever function asks it" in says
    assert (function.serves, current(registry)) == ("2", 2)


def test_one_that_somebody_else_made_moves_with_the_function(
    model: Path, registry: DynamoRegistry, function: FakeLambda
) -> None:
    with (model / "inferwatch.toml").open("a") as spec:
        spec.write('[sagemaker]\nendpoint = "ours"\n')
    assert call("rollback", "--aws", "--spec", model).exit_code == 0
    assert function.serves == "1"


def test_a_model_that_is_not_there_is_said(session: boto3.Session, site: Site) -> None:
    with pytest.raises(DeployError, match="has no version of deployment 1 any more"):
        traffic.move(site, deployment(), never)
    assert traffic.served(site) is None
    assert alias.find(session, "claim-Inference", "live") is None


@pytest.mark.parametrize("state", ["failed", "current"])
def test_what_cannot_be_promoted_is_for_the_registry_to_say(
    registry: DynamoRegistry, function: FakeLambda, site: Site, state: str
) -> None:
    def refused() -> Change:
        raise RegistryError("no")

    with pytest.raises(RegistryError):
        traffic.move(site, deployment(state=state), refused)
    assert function.serves == "2"


def test_who_serves_is_told_by_the_alias(
    registry: DynamoRegistry, function: FakeLambda, site: Site, session: boto3.Session
) -> None:
    assert traffic.served(site) == 2
    number = function.publish(INFERWATCH_DEPLOYMENT_ID="d-7")
    alias.point(session, "claim-Inference", "live", number)
    assert traffic.served(site) is None
