"""`inferwatch deploy` and the registry: what is written when, and what is said of a deployment that fails."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import boto3
import click
import fake_app
import fake_cdk
import pytest
from click.testing import CliRunner, Result
from fake_lambda import FakeLambda
from registry_world import make_table

from inferwatch.aws.registry import DynamoRegistry
from inferwatch.aws.resources import bootstrap, stack
from inferwatch.cli.commands import cli
from inferwatch.cli.deployment import cdk_cli, execution, preflight, question, synthesis
from inferwatch.errors import DeployError, RegistryError
from inferwatch.registry.records import Deployment, Model, ModelVersion

MODEL = Model("/test", "claim")
URL = "https://abc.execute-api.eu-central-1.amazonaws.com/dev/predict"


@pytest.fixture(autouse=True)
def calls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CDK_DOCKER", "true")
    monkeypatch.setattr(bootstrap, "version", lambda _: 30)
    return fake_cdk.install(tmp_path, monkeypatch, fake_app.STACK, {"Url": URL})


@pytest.fixture
def registry(session: boto3.Session) -> DynamoRegistry:
    return DynamoRegistry(session)


def deploy(*arguments: str | Path) -> Result:
    return CliRunner().invoke(cli, ["deploy", *map(str, arguments)])


def well(*arguments: str | Path) -> Result:
    result = deploy(*arguments)
    assert result.exit_code == 0, result.output
    return result


def told(model: Path) -> dict[str, Any]:
    """What the CDK app was told by its environment."""
    found: dict[str, Any] = json.loads((model / "told.json").read_text())
    return found


def changed(model: Path) -> None:
    with (model / "app.py").open("a") as file:
        file.write("# changed\n")


@pytest.fixture(autouse=True)
def _told_is_no_content(model: Path) -> None:
    (model / ".dockerignore").write_text("told.json\ncdk_app.py\n")


def states(registry: DynamoRegistry) -> dict[int, str]:
    return {each.deployment_id: each.state for each in registry.deployments(MODEL)}


def with_variables(model: Path, **variables: str) -> None:
    """Have the app give the function variables."""
    app = model / "cdk_app.py"
    given = json.dumps({"FunctionName": "claim-Inference", "Environment": {"Variables": variables}})
    app.write_text(fake_app.APP.replace('{"FunctionName": "claim-Inference"}', given))


def test_what_is_deployed_is_registered_with_where_it_answers(model: Path, registry: DynamoRegistry) -> None:
    result = well(model, "--yes", "--description", "the first")
    assert "registers  version 1 (new), deployment 1 (new)" in result.stderr
    assert (told(model)["INFERWATCH_MODEL_VERSION"], told(model)["INFERWATCH_DEPLOYMENT_ID"]) == ("1", "1")
    (version,), (deployment,) = registry.versions(MODEL), registry.deployments(MODEL)
    assert version.description == "the first"
    assert (deployment.state, deployment.endpoint, deployment.environment) == ("current", URL, "dev")
    assert (deployment.deployment_method, deployment.rolling_strategy) == ("Lambda", "all-at-once")
    assert deployment.created_by.startswith("arn:aws:sts::123456789012:")


def test_the_same_again_keeps_its_numbers(model: Path, registry: DynamoRegistry) -> None:
    well(model, "--yes")
    assert "registers  version 1, deployment 1\n" in well(model, "--yes").stderr
    assert len(registry.history(MODEL, "dev")) == 1


def test_other_code_is_the_next_version(model: Path, registry: DynamoRegistry) -> None:
    well(model, "--yes")
    changed(model)
    well(model, "--yes")
    assert told(model)["INFERWATCH_MODEL_VERSION"] == "2"
    assert states(registry) == {1: "superseded", 2: "current"}


@pytest.mark.parametrize(
    ("rollout", "strategy"),
    [("Canary10Percent5Minutes", "canary"), ("Linear10PercentEvery1Minute", "linear"), ("AllAtOnce", "all-at-once")],
)
def test_the_rollout_is_the_registry_s_strategy(
    model: Path, registry: DynamoRegistry, rollout: str, strategy: str
) -> None:
    with (model / "inferwatch.toml").open("a") as spec:
        spec.write(f'[function]\nrollout = "{rollout}"\n')
    well(model, "--yes")
    assert registry.deployments(MODEL)[0].rolling_strategy == strategy


def test_variables_of_the_app_s_own_are_registered_and_make_another_deployment(
    model: Path, registry: DynamoRegistry
) -> None:
    with_variables(model, LEVEL="1", INFERWATCH_ENVIRONMENT="dev")
    well(model, "--yes")
    with_variables(model, LEVEL="2")
    well(model, "--yes")
    assert told(model)["INFERWATCH_DEPLOYMENT_ID"] == "2"
    found = {each.deployment_id: [(v.name, v.value) for v in each.environment_variables]
             for each in registry.deployments(MODEL)}  # fmt: skip
    assert found == {1: [("LEVEL", "1")], 2: [("LEVEL", "2")]}


def test_a_secret_among_them_is_refused_before_it_asks(model: Path, registry: DynamoRegistry, calls: Path) -> None:
    with_variables(model, DB_PASSWORD="hunter2hunter2")
    result = deploy(model, "--yes")
    assert isinstance(result.exception, RegistryError)
    assert "DB_PASSWORD is a secret by its name" in str(result.exception)
    assert "hunter2" not in str(result.exception)
    assert (registry.versions(MODEL), fake_cdk.called(calls)) == ([], [])


def test_who_says_no_leaves_nothing_behind(
    model: Path, registry: DynamoRegistry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(question, "interactive", lambda: True)
    assert CliRunner().invoke(cli, ["deploy", str(model)], input="n\n").exit_code == 1
    assert (registry.versions(MODEL), registry.deployments(MODEL)) == ([], [])


def test_who_was_slower_is_told_and_nothing_is_deployed(
    model: Path, registry: DynamoRegistry, calls: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def another_meanwhile(*_: object, **__: object) -> bool:
        given: dict[str, Any] = {"namespace": "/test", "model_name": "claim", "create_at": "2026-01-01T00:00:00Z"}
        registry.register_version(ModelVersion(model_version=1, created_by="bob", **given))
        return True

    monkeypatch.setattr(question, "agreed", another_meanwhile)
    result = deploy(model)
    assert isinstance(result.exception, RegistryError)
    assert "nothing was deployed, `inferwatch deploy` plans it anew: version 1 of /test/claim was taken by bob" in str(
        result.exception
    )
    assert fake_cdk.called(calls) == []


def test_a_registry_that_is_missing_is_said_and_made_first(
    model: Path, account: boto3.Session, calls: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    apps: list[list[str]] = []

    def synthesized(command: list[str], folder: str | Path, environ: Any) -> None:
        apps.append(command)
        make_table(account)  # as CloudFormation would; the stand-in for CDK makes nothing

    run = synthesis.run
    monkeypatch.setattr(
        synthesis, "run", lambda *given: (synthesized if "registry_app" in str(given[0]) else run)(*given)
    )
    result = well(model, "--yes")
    assert "There is no registry yet: the table inferwatch-registry is made first" in result.stderr
    first, second = fake_cdk.deployments(calls)
    assert first[first.index("--app") + 1] == apps[0][-1]
    assert apps[0][-3:-1] == ["123456789012", "eu-central-1"]
    assert second[second.index("--app") + 1] == str(model / "cdk.out")
    assert states(DynamoRegistry(account)) == {1: "current"}


def test_who_says_no_gets_no_registry(
    model: Path, account: boto3.Session, calls: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(question, "interactive", lambda: True)
    result = CliRunner().invoke(cli, ["deploy", str(model)], input="n\n")
    assert "There is no registry yet" in result.output
    assert fake_cdk.called(calls) == []


@pytest.mark.xdist_group("synth")
def test_the_registry_s_app_is_a_stack_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What `execution.make_registry` has CDK deploy; the program runs in this process, where CDK is loaded already."""
    monkeypatch.setattr(sys, "argv", ["-c", "123456789012", "eu-central-1", str(tmp_path / "out")])
    exec(execution.REGISTRY_APP[-1], {})
    template = json.loads((tmp_path / "out" / "InferWatch-Registry.template.json").read_text())
    assert "AWS::DynamoDB::Table" in [each["Type"] for each in template["Resources"].values()]


def test_a_deployment_that_fails_is_registered_so(
    model: Path, registry: DynamoRegistry, monkeypatch: pytest.MonkeyPatch
) -> None:
    well(model, "--yes")
    changed(model)
    monkeypatch.setenv("CDK_FAILS", "deploy")
    result = deploy(model, "--yes")
    assert isinstance(result.exception, DeployError)
    assert "deployment 2 is registered as failed" in result.stderr
    assert states(registry) == {1: "current", 2: "failed"}


def test_one_that_stands_all_the_same_is_current(
    model: Path, registry: DynamoRegistry, session: boto3.Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As where the network goes while CDK waits."""
    FakeLambda(session).deploy(1, 1)
    monkeypatch.setattr(preflight, "function_problem", lambda _: None)
    monkeypatch.setenv("CDK_FAILS", "deploy")
    assert "deployment 1 serves all the same" in deploy(model, "--yes").stderr
    assert states(registry) == {1: "current"}


def test_one_that_cloudformation_is_at_stays_pending(
    model: Path, registry: DynamoRegistry, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_work = stack.Stack("arn", fake_app.STACK, "UPDATE_IN_PROGRESS", "", {}, protected=False)
    monkeypatch.setenv("CDK_FAILS", "deploy")
    run = cdk_cli.run

    def fails(arguments: list[str], *given: Any) -> int:
        monkeypatch.setattr(stack, "find", lambda *_: at_work)
        return run(arguments, *given)

    monkeypatch.setattr(cdk_cli, "run", fails)
    assert "deployment 1 stays pending in the registry" in deploy(model, "--yes").stderr
    assert states(registry) == {1: "pending"}


def ended(*_: object) -> int:
    raise KeyboardInterrupt


def test_who_ends_it_leaves_it_pending_and_the_next_one_looks_what_became_of_it(
    model: Path, registry: DynamoRegistry, session: boto3.Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cdk_cli, "run", ended)
        patch.setattr(cdk_cli, "fetch", lambda _: None)
        assert "deployment 1 stays pending in the registry until the next" in deploy(model, "--yes").stderr
    assert states(registry) == {1: "pending"}
    FakeLambda(session).deploy(1, 1)
    monkeypatch.setattr(preflight, "function_problem", lambda _: None)
    result = well(model, "--yes")
    assert "deployment 1 serves since it was left: now the registry says so" in result.stderr
    assert states(registry) == {1: "current"}


def test_and_has_failed_where_the_next_one_takes_its_place(model: Path, registry: DynamoRegistry) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cdk_cli, "run", ended)
        patch.setattr(cdk_cli, "fetch", lambda _: None)
        deploy(model, "--yes")
    well(model, "--yes")
    assert states(registry) == {1: "failed", 2: "current"}


def test_a_spec_that_numbers_by_itself_registers_nothing(model: Path, registry: DynamoRegistry) -> None:
    with (model / "inferwatch.toml").open("a") as spec:
        spec.write("version = 7\n")
    assert "registers" not in well(model, "--yes").stderr
    assert registry.versions(MODEL) == []
    assert "INFERWATCH_DEPLOYMENT_ID" not in told(model)


def test_a_pending_one_of_somebody_else_s_is_left_alone(model: Path, registry: DynamoRegistry) -> None:
    well(model, "--yes")
    first = registry.deployments(MODEL)[0]
    registry.register_deployment(
        Deployment(
            namespace="/test", model_name="claim", model_version=1, deployment_id=0, environment="dev",
            deployment_method="ECS", state="pending", create_at=first.create_at, created_by="bob",
        )
    )  # fmt: skip
    changed(model)
    well(model, "--yes")
    assert states(registry) == {1: "superseded", 2: "pending", 3: "current"}


def made_by_cloudformation(session: boto3.Session) -> None:
    topic = {"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}}
    session.client("cloudformation").create_stack(StackName=fake_app.STACK, TemplateBody=json.dumps(topic))


def test_what_is_destroyed_serves_no_longer_and_comes_again_as_another_deployment(
    model: Path, registry: DynamoRegistry, session: boto3.Session
) -> None:
    well(model, "--yes")
    made_by_cloudformation(session)
    result = CliRunner().invoke(cli, ["destroy", str(model), "--yes"])
    assert result.exit_code == 0, result.output
    assert "left, as history: the registry, in which deployment 1 serves no longer" in result.stderr
    assert states(registry) == {1: "superseded"}
    assert "registers  version 1, deployment 2 (new)" in well(model, "--yes").stderr


def test_without_a_registry_there_is_nothing_to_say(model: Path, account: boto3.Session) -> None:
    made_by_cloudformation(account)
    result = CliRunner().invoke(cli, ["destroy", str(model), "--yes"])
    assert result.exit_code == 0, result.output
    assert "registry" not in result.stderr


def test_the_pipeline_alone_can_go_and_what_it_deployed_serves_on(
    model: Path, registry: DynamoRegistry, session: boto3.Session
) -> None:
    well(model, "--yes")
    with (model / "inferwatch.toml").open("a") as spec:
        spec.write('[pipeline]\nsource = "codecommit"\nrepository = "claims"\n')
    topic = json.dumps({"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}})
    session.client("cloudformation").create_stack(StackName=f"{fake_app.STACK}-delivery", TemplateBody=topic)
    result = CliRunner().invoke(cli, ["destroy", str(model), "--pipeline", "--yes"])
    assert result.exit_code == 0, result.output
    assert "gone: the stack test-claim-delivery" in result.stderr
    assert states(registry) == {1: "current"}


def test_registering_goes_with_the_pipeline(model: Path) -> None:
    result = CliRunner().invoke(cli, ["synth", str(model), "--register"])
    assert result.exit_code == click.UsageError.exit_code
    assert "--register goes with --pipeline" in result.output


def test_synth_says_what_stands_in_for_the_numbers(model: Path) -> None:
    result = CliRunner().invoke(cli, ["synth", str(model)])
    assert "version 1, deployment 1 stand in for the numbers that the registry gives" in result.stderr
