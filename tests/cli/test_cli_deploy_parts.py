"""`inferwatch synth` and `deploy` of a model with parts, and of its pipeline."""

from __future__ import annotations

import json
from pathlib import Path

import boto3
import fake_app
import fake_cdk
import pytest
from click.testing import CliRunner, Result

from inferwatch.aws.resources import bootstrap, repository, sagemaker, stack
from inferwatch.cli.commands import cli
from inferwatch.errors import InferWatchError
from inferwatch.spec.pipeline import PipelineSpec

REGION = "eu-central-1"
PARTS = '[queue]\nmax_receive_count = 1\n[sagemaker]\n[history]\n[lake]\n[api]\ntype = "none"\n'
PIPELINE = """
[pipeline]
source = "codecommit"
repository = "claims"
approve = ["prod"]

[environment.dev.model]
namespace = "/dev/test"

[environment.prod]
"""
PIPELINE_STACK = "test-claim-delivery"
ENDPOINT_STACK = "test-claim-endpoint"
QUEUE_URL = f"https://sqs.{REGION}.amazonaws.com/123456789012/claim-Inference-Queue"
OUTPUTS = {"QueueUrl": QUEUE_URL, "EndpointName": "claim-Endpoint", "HistoryTable": "claim-Inference-History"}


@pytest.fixture
def session(session: boto3.Session, monkeypatch: pytest.MonkeyPatch) -> boto3.Session:
    """Of an account that is bootstrapped, on a machine with Docker."""
    monkeypatch.setenv("CDK_DOCKER", "true")
    monkeypatch.setattr(bootstrap, "version", lambda _: 30)
    return session


@pytest.fixture
def calls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    return fake_cdk.install(tmp_path, monkeypatch, fake_app.STACK, OUTPUTS)


def run(command: str, *arguments: str | Path) -> Result:
    return CliRunner().invoke(cli, [command, *map(str, arguments)])


def error(result: Result) -> str:
    assert isinstance(result.exception, InferWatchError), result.output
    return str(result.exception)


def add(model: Path, text: str) -> None:
    with (model / "inferwatch.toml").open("a") as spec:
        spec.write(text)


def pipeline_app(model: Path) -> None:
    """The pipeline's app, which makes a stack of its own name."""
    app = (model / "cdk_app.py").read_text().replace(f'"{fake_app.STACK}"', f'"{PIPELINE_STACK}"')
    (model / "pipeline_app.py").write_text(app)


def test_the_parts_are_named_in_people_s_words(model: Path) -> None:
    add(model, PARTS)
    said = run("synth", model).stderr
    assert "function   claim-Inference, 512 MB, image" in said
    assert "queue      claim-Inference-Queue; after one try a message goes to claim-Inference-Dead-Letters" in said
    assert "endpoint   claim-Endpoint, serverless, 2048 MB" in said
    assert "history    the table claim-Inference-History, which keeps transactions for 90 days" in said
    assert "lake       Parquet in S3 for 365 days, asked by the workgroup claim-Inference-Lake" in said
    assert "API " not in said


@pytest.mark.parametrize(
    ("spec", "says"),
    [
        ('[sagemaker]\nendpoint = "mine"\n', "mine, which is there already"),
        ('[sagemaker]\ninstance_type = "ml.m5.large"\ninstances = 2\n', "2 x ml.m5.large, paid for by the hour"),
        ("[queue]\n", "after 3 tries a message"),
        ('[api]\ntype = "rest"\n', "a REST API, claim-Inference-API, asked by api-key"),
    ],
)
def test_each_by_what_the_spec_asks_of_it(model: Path, spec: str, says: str) -> None:
    add(model, spec)
    assert says in run("synth", model).stderr


def test_it_says_where_queue_endpoint_and_history_are_and_how_to_send(
    model: Path, session: boto3.Session, calls: Path
) -> None:
    add(model, PARTS)
    result = run("deploy", model, "--yes")
    assert result.exit_code == 0, result.output
    said = dict(line.split(maxsplit=1) for line in result.stdout.splitlines() if line.startswith("  "))
    assert said["queue"] == QUEUE_URL
    assert said["endpoint"] == "claim-Endpoint"
    assert said["history"] == "claim-Inference-History"
    assert said["send"].startswith("inferwatch send --aws ")


def test_names_that_others_have_are_said_before_anything_is_made(
    model: Path, session: boto3.Session, calls: Path
) -> None:
    add(model, PARTS)
    session.client("sqs").create_queue(QueueName="claim-Inference-Queue")
    says = error(run("deploy", model, "--yes"))
    assert "there is a queue claim-Inference-Queue in" in says
    assert fake_cdk.deployments(calls) == []


def test_an_endpoint_that_the_spec_names_and_that_is_not_there_is_said(
    model: Path, session: boto3.Session, calls: Path
) -> None:
    add(model, '[sagemaker]\nendpoint = "mine"\n')
    assert "there is no such endpoint in eu-central-1" in error(run("deploy", model, "--yes"))


def make_table(session: boto3.Session) -> None:
    session.client("dynamodb").create_table(
        TableName="claim-Inference-History",
        KeySchema=[{"AttributeName": "transaction_id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "transaction_id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )


def test_a_table_that_an_earlier_stack_left_is_in_the_way_until_it_shall_be_used(
    model: Path, session: boto3.Session, calls: Path
) -> None:
    add(model, "[history]\n")
    make_table(session)
    says = error(run("deploy", model, "--yes"))
    assert "there is a table claim-Inference-History already" in says
    assert "`inferwatch deploy --existing-table` uses it as it is" in says
    assert run("deploy", model, "--yes", "--existing-table").exit_code == 0
    assert existing_tables(model) == ["claim-Inference-History"]


def test_a_stack_that_uses_such_a_table_goes_on_with_it(
    model: Path, session: boto3.Session, calls: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(model, "[history]\n")
    make_table(session)
    writer = stack.Resource("Writer", "claim-History-Writer", "AWS::Lambda::Function", "CREATE_COMPLETE", "")
    monkeypatch.setattr(stack, "resources", lambda *_: (writer,))
    assert run("deploy", model, "--yes").exit_code == 0
    assert existing_tables(model) == ["claim-Inference-History"]


def test_a_stack_s_own_table_is_not_in_its_way(
    model: Path, session: boto3.Session, calls: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(model, "[history]\n")
    make_table(session)
    own = stack.Resource("Table", "claim-Inference-History", "AWS::DynamoDB::Table", "CREATE_COMPLETE", "")
    monkeypatch.setattr(stack, "resources", lambda *_: (own,))
    assert run("deploy", model, "--yes").exit_code == 0
    assert existing_tables(model) is None


def existing_tables(model: Path) -> list[str] | None:
    """Those that the app was told to use."""
    told = json.loads((model / "told.json").read_text())
    found: list[str] | None = json.loads(told["CDK_CONTEXT_JSON"]).get("inferwatch:existing-tables")
    return found


def test_a_log_group_whose_subscriptions_are_taken_is_said(
    model: Path, session: boto3.Session, calls: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from inferwatch.aws.resources import subscriptions

    add(model, "[lake]\n[history]\n")
    theirs = (subscriptions.Subscription("audit", "", "arn:aws:lambda:audit"),)
    monkeypatch.setattr(subscriptions, "find", lambda *_: theirs)
    assert "has the subscriptions of others, audit, and 2 are to be added" in error(run("deploy", model, "--yes"))


def test_the_endpoint_s_container_needs_docker_though_the_function_is_a_zip(
    model: Path, session: boto3.Session, calls: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CDK_DOCKER", "false")
    add(model, '[function]\npackage = "zip"\n[sagemaker]\n')
    says = error(run("deploy", model, "--yes"))
    assert "the endpoint's container is built here, and 'false' cannot reach its engine" in says
    assert "give sagemaker.image" in says
    assert "[function]" not in says


def test_the_pipeline_has_an_app_and_a_stack_of_its_own(model: Path, session: boto3.Session, calls: Path) -> None:
    add(model, PIPELINE)
    pipeline_app(model)
    session.client("codecommit").create_repository(repositoryName="claims")
    result = run("deploy", model, "--pipeline", "--yes")
    assert result.exit_code == 0, result.output
    ((*options,),) = fake_cdk.deployments(calls)
    assert PIPELINE_STACK in options
    assert "--all" not in options
    assert f"stack {PIPELINE_STACK}: " in result.stderr
    assert "claim-Delivery, for main of claims (codecommit)" in result.stderr
    assert "dev; prod, once a person approves" in result.stderr
    assert f"{REGION}.console.aws.amazon.com/codesuite/codepipeline/pipelines/claim-Delivery/view" in result.stdout
    assert json.loads((model / "told.json").read_text())["INFERWATCH_ENVIRONMENT"] == "prod"


def endpoint_app(model: Path) -> None:
    app = (model / "cdk_app.py").read_text().replace(f'"{fake_app.STACK}"', f'"{ENDPOINT_STACK}"')
    (model / "endpoint_app.py").write_text(app)


@pytest.mark.parametrize("named", ["", 'endpoint = "mine"\n'])
def test_the_endpoint_can_be_deployed_alone_and_its_name_is_printed(
    model: Path, session: boto3.Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, named: str
) -> None:
    name = "mine" if named else "claim-Endpoint"
    calls = fake_cdk.install(tmp_path, monkeypatch, ENDPOINT_STACK, {"EndpointName": name})
    add(model, f"[sagemaker]\n{named}[queue]\n")
    endpoint_app(model)
    result = run("deploy", model, "--endpoint", "--yes")
    assert result.exit_code == 0, result.output
    ((*options,),) = fake_cdk.deployments(calls)
    assert ENDPOINT_STACK in options
    assert f"  endpoint   {name}, serverless, 2048 MB" in result.stderr
    assert "queue" not in result.stderr
    said = dict(line.split(maxsplit=1) for line in result.stdout.splitlines() if line.startswith("  "))
    assert said["endpoint"] == name
    assert f'write endpoint = "{name}" under [sagemaker]' in said["next"]


def test_an_endpoint_of_that_name_is_in_the_way_of_one_alone(
    model: Path, session: boto3.Session, calls: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sagemaker, "find", lambda _, name: sagemaker.Endpoint(name, "InService"))
    add(model, "[sagemaker]\n")
    assert "there is a endpoint" not in error(run("deploy", model, "--endpoint", "--yes"))
    assert "there is an endpoint claim-Endpoint in" in error(run("deploy", model, "--endpoint", "--yes"))


@pytest.mark.parametrize("alone", [(), ("--endpoint",)])
def test_an_endpoint_with_machines_does_not_become_serverless(
    model: Path, session: boto3.Session, calls: Path, monkeypatch: pytest.MonkeyPatch, alone: tuple[str, ...]
) -> None:
    there = sagemaker.Endpoint("claim-Endpoint", "InService", on_machines=True)
    monkeypatch.setattr(sagemaker, "find", lambda *_: there)
    add(model, "[sagemaker]\n")
    assert "the endpoint claim-Endpoint has machines" in error(run("deploy", model, *alone, "--yes"))


def test_a_log_group_of_the_endpoint_that_is_there_can_be_used(
    model: Path, session: boto3.Session, calls: Path
) -> None:
    group = "/aws/sagemaker/Endpoints/claim-Endpoint"
    session.client("logs").create_log_group(logGroupName=group)
    add(model, "[sagemaker]\n")
    assert group in error(run("deploy", model, "--yes"))
    assert run("deploy", model, "--yes", "--existing-log-group").exit_code == 0
    told = json.loads((model / "told.json").read_text())
    assert group in json.loads(told["CDK_CONTEXT_JSON"])["inferwatch:existing-log-groups"]


def test_a_model_without_an_endpoint_says_so(model: Path) -> None:
    assert "sagemaker: is missing" in error(run("synth", model, "--endpoint"))


def test_one_app_at_a_time(model: Path) -> None:
    assert run("synth", model, "--endpoint", "--pipeline").exit_code == 2


def test_the_pipeline_can_be_synthesized_alone(model: Path) -> None:
    add(model, PIPELINE)
    pipeline_app(model)
    assert f"stack {PIPELINE_STACK}: " in run("synth", model, "--pipeline").stderr
    assert f"stack {fake_app.STACK}: " in run("synth", model, "--environment", "prod").stderr


def test_an_app_that_cdk_json_names_is_the_model_s(model: Path) -> None:
    add(model, PIPELINE)
    pipeline_app(model)
    (model / "cdk.json").write_text('{"app": "false"}')
    assert run("synth", model, "--pipeline").exit_code == 0
    assert "failed" in error(run("synth", model))


def test_a_model_without_a_pipeline_says_so(model: Path) -> None:
    assert "pipeline: is missing" in error(run("synth", model, "--pipeline"))


def test_a_pipeline_s_repository_must_be_there(model: Path, session: boto3.Session, calls: Path) -> None:
    add(model, PIPELINE)
    pipeline_app(model)
    says = error(run("deploy", model, "--pipeline", "--yes"))
    assert "there is no repository claims of CodeCommit in eu-central-1" in says
    assert "aws codecommit create-repository --repository-name claims" in says


class Connections:
    """A session whose one connection has a status, or is not there."""

    region_name = REGION

    def __init__(self, status: str | None) -> None:
        from botocore.stub import Stubber

        keys = {"aws_access_key_id": "testing", "aws_secret_access_key": "testing"}
        self._client = boto3.client("codeconnections", region_name="eu-west-1", **keys)
        stubber = Stubber(self._client)
        if status is None:
            stubber.add_client_error("get_connection", "ResourceNotFoundException")
        else:
            stubber.add_response("get_connection", {"Connection": {"ConnectionStatus": status}})
        stubber.activate()

    def client(self, service: str, region_name: str) -> object:
        assert (service, region_name) == ("codeconnections", "eu-west-1")
        return self._client


@pytest.mark.parametrize(
    ("status", "says"),
    [("AVAILABLE", None), ("PENDING", "is PENDING: finish it in the console"), (None, "there is no connection arn:")],
)
def test_a_connection_must_be_available(status: str | None, says: str | None) -> None:
    arn = "arn:aws:codeconnections:eu-west-1:123456789012:connection/1234"
    asked = PipelineSpec(repository="abc/claims", connection=arn)
    problem = repository.problem(Connections(status), asked)  # type: ignore[arg-type]
    assert (problem is None) is (says is None)
    assert (says or "") in (problem or "")
