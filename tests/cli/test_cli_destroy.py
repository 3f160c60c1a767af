"""`inferwatch destroy`: what it takes from AWS, what it asks, and what it says is left."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import boto3
import botocore.client
import botocore.exceptions
import fake_app
import pytest
from click.testing import CliRunner, Result

from inferwatch.aws.resources import bootstrap, removal, stack
from inferwatch.aws.session import Caller
from inferwatch.cli.commands import cli
from inferwatch.cli.deployment import question
from inferwatch.errors import DeployError, InferWatchError

REGION = "eu-central-1"
ACCOUNT = "123456789012"
CALLER = Caller(account=ACCOUNT, arn=f"arn:aws:iam::{ACCOUNT}:user/alice", region=REGION)
GROUP = "/test/claim"
MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
OURS, SHARED, THEIRS = ("b" * 64, "c" * 64, "d" * 64)


def template(*hashes: str, **resources: Any) -> str:
    group = {"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupName": GROUP, "RetentionInDays": 30}}
    key = {"Type": "AWS::KMS::Key", "Properties": {"KeyPolicy": {}}}
    own = {
        "Group": {**group, "DeletionPolicy": "Retain"},
        "LogKey": {**key, "DeletionPolicy": "Retain"},
        "TopicKey": key,
        "Topic": {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": " ".join(hashes)}},
    }
    return json.dumps({"Resources": {**own, **resources}})


@pytest.fixture
def deployed(session: boto3.Session) -> boto3.Session:
    """A stack beside another one; both share an asset."""
    cloudformation = session.client("cloudformation")
    cloudformation.create_stack(StackName=fake_app.STACK, TemplateBody=template(OURS, SHARED))
    other = {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": f"{SHARED} {THEIRS}"}}
    cloudformation.create_stack(StackName="another", TemplateBody=json.dumps({"Resources": {"Topic": other}}))
    return session


@pytest.fixture
def uploads(session: boto3.Session) -> None:
    """Every asset, as a file and as an image, in CDK's bucket and repository."""
    s3, ecr = session.client("s3"), session.client("ecr")
    bucket = bootstrap.bucket(CALLER)
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    ecr.create_repository(repositoryName=bootstrap.repository(CALLER))
    for hash in (OURS, SHARED, THEIRS):
        for content in (b"once", b"again"):
            s3.put_object(Bucket=bucket, Key=f"{hash}.zip", Body=content)
        manifest = {"schemaVersion": 2, "mediaType": MANIFEST, "config": {"digest": f"sha256:{hash}"}}
        image = {"imageManifest": json.dumps(manifest), "imageTag": hash}
        ecr.put_image(repositoryName=bootstrap.repository(CALLER), **image)


def destroy(*arguments: str | Path, answers: str = "") -> Result:
    return CliRunner().invoke(cli, ["destroy", *map(str, arguments)], input=answers)


def error(result: Result) -> str:
    assert isinstance(result.exception, InferWatchError)
    return str(result.exception)


def log_groups(session: boto3.Session) -> list[str]:
    return [group["logGroupName"] for group in session.client("logs").describe_log_groups()["logGroups"]]


def key_states(session: boto3.Session) -> list[str]:
    kms = session.client("kms")
    return sorted(kms.describe_key(KeyId=key["KeyId"])["KeyMetadata"]["KeyState"] for key in kms.list_keys()["Keys"])


@pytest.fixture
def _at_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(question, "interactive", lambda: True)


def test_it_removes_the_stack_its_logs_and_its_keys(model: Path, deployed: boto3.Session) -> None:
    result = destroy(model, "--yes")
    assert result.exit_code == 0, result.output
    assert stack.find(deployed, fake_app.STACK) is None
    assert log_groups(deployed) == []
    assert key_states(deployed) == ["Enabled", "PendingDeletion"]  # moto leaves the topic's to itself
    assert "SNS::Topic" in result.stdout
    assert "gone: the log group /test/claim" in result.stderr
    assert "goes in 7 days, free until then: the key" in result.stderr
    assert "left: CDK's bootstrap stack" in result.stderr


def test_who_ends_it_hears_what_goes_on_and_what_stays(
    model: Path, deployed: boto3.Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    def ended(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("inferwatch.aws.resources.removal.delete", ended)
    result = destroy(model, "--yes")
    assert result.exit_code == 1
    assert "run `inferwatch destroy` again before it has ended" in result.stderr
    assert log_groups(deployed) != []


def test_it_removes_what_was_uploaded_but_for_what_others_use(
    model: Path, deployed: boto3.Session, uploads: None
) -> None:
    result = destroy(model, "--yes")
    versions = deployed.client("s3").list_object_versions(Bucket=bootstrap.bucket(CALLER))
    assert {one["Key"][:1] for one in versions["Versions"]} == {"c", "d"}
    assert "DeleteMarkers" not in versions
    images = deployed.client("ecr").list_images(repositoryName=bootstrap.repository(CALLER))["imageIds"]
    assert {image["imageTag"][:1] for image in images} == {"c", "d"}
    assert "gone: 1 image and 1 file that" in result.stderr
    assert "left: 1 of those, since other stacks use it" in result.stderr


def test_the_last_assembly_here_knows_of_more_uploads(model: Path, deployed: boto3.Session, uploads: None) -> None:
    bucket, key = bootstrap.bucket(CALLER), f"{fake_app.TEMPLATE_FILE}.json"
    deployed.client("s3").put_object(Bucket=bucket, Key=key, Body=b"{}")
    assert CliRunner().invoke(cli, ["synth", str(model)]).exit_code == 0
    assert "gone: 1 image and 2 files" in destroy(model, "--yes").stderr


def test_logs_are_kept_with_their_key_and_what_that_costs_is_said(model: Path, deployed: boto3.Session) -> None:
    result = destroy(model, "--yes", "--keep-logs")
    assert log_groups(deployed) == [GROUP]
    assert key_states(deployed) == ["Enabled", "Enabled"]
    assert "left: the log group /test/claim, which keeps a line for 30 days, at about 0.03 USD" in result.stderr
    assert "left, at about 1 USD a month: the key" in result.stderr


@pytest.mark.usefixtures("_at_a_terminal")
@pytest.mark.parametrize(
    ("answers", "stack_goes", "logs_go"),
    [("n\n", False, False), ("\n", False, False), ("y\nn\n", True, False), ("y\ny\n", True, True)],
)
def test_it_asks_for_the_stack_and_for_its_logs_apart(
    model: Path, deployed: boto3.Session, answers: str, stack_goes: bool, logs_go: bool
) -> None:
    result = destroy(model, answers=answers)
    assert (stack.find(deployed, fake_app.STACK) is None) == stack_goes
    assert (log_groups(deployed) == []) == logs_go
    assert result.exit_code == (0 if stack_goes else 1)
    assert "Remove test-claim? [y/N]" in result.output


def test_without_a_terminal_nothing_goes_unless_yes_is_said(model: Path, deployed: boto3.Session) -> None:
    assert "say --yes" in error(destroy(model))
    assert stack.find(deployed, fake_app.STACK) is not None


def test_logs_that_no_stack_answers_for_stay_but_for_a_person_s_word(model: Path, session: boto3.Session) -> None:
    session.client("logs").create_log_group(logGroupName=GROUP)
    result = destroy(model, "--yes")
    assert log_groups(session) == [GROUP]
    assert "has no stack test-claim; but there is the log group /test/claim" in result.stderr
    assert "left: the log group /test/claim, which keeps a line for ever" in result.stderr


@pytest.mark.usefixtures("_at_a_terminal")
def test_a_person_may_remove_them(model: Path, session: boto3.Session) -> None:
    session.client("logs").create_log_group(logGroupName=GROUP)
    result = destroy(model, answers="y\n")
    assert "The stack did not make /test/claim. Remove it too" in result.output
    assert log_groups(session) == []


def test_where_nothing_is_that_is_said(model: Path, session: boto3.Session) -> None:
    result = destroy(model)
    assert result.exit_code == 0
    assert "nothing to remove: account 123456789012, region eu-central-1 has no stack test-claim" in result.stderr


def test_a_protected_stack_is_explained(model: Path, session: boto3.Session) -> None:
    session.client("cloudformation").create_stack(
        StackName=fake_app.STACK, TemplateBody=template(), EnableTerminationProtection=True
    )
    assert "update-termination-protection" in error(destroy(model, "--yes"))


def test_what_stays_is_told_by_either_policy(session: boto3.Session) -> None:
    queue = {"Type": "AWS::SQS::Queue", "DeletionPolicy": "RetainExceptOnCreate"}
    body = template(Queue=queue, Plain={"Type": "AWS::SQS::Queue"})
    session.client("cloudformation").create_stack(StackName=fake_app.STACK, TemplateBody=body)
    assert {one.logical_id for one in removal.kept(session, fake_app.STACK)} == {"Group", "LogKey", "Queue"}


def test_a_stack_at_work_is_left_alone(model: Path, deployed: boto3.Session, monkeypatch: pytest.MonkeyPatch) -> None:
    in_state(monkeypatch, "UPDATE_IN_PROGRESS")
    assert "test-claim is UPDATE_IN_PROGRESS: wait for its end" in error(destroy(model, "--yes"))


def announced(session: boto3.Session, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A stack as a change set leaves it that failed or was never executed: on AWS it has no template, unlike moto's."""
    body = json.dumps({"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}})
    session.client("cloudformation").create_change_set(
        StackName=name, ChangeSetName="first", ChangeSetType="CREATE", TemplateBody=body
    )
    called = botocore.client.BaseClient._make_api_call

    def without_template(client: Any, operation: str, asked: dict[str, Any]) -> Any:
        if operation == "GetTemplate" and name in asked["StackName"]:
            told = {"Code": "ValidationError", "Message": f"Stack with id {name} does not exist"}
            raise botocore.exceptions.ClientError({"Error": told}, operation)
        return called(client, operation, asked)

    monkeypatch.setattr(botocore.client.BaseClient, "_make_api_call", without_template)


def test_a_stack_that_was_only_announced_goes(
    model: Path, session: boto3.Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    announced(session, fake_app.STACK, monkeypatch)
    result = destroy(model, "--yes")
    assert result.exit_code == 0, result.output
    assert "gone: the stack test-claim" in result.stderr
    assert stack.find(session, fake_app.STACK) is None


def test_another_one_hides_no_uploads(
    model: Path, deployed: boto3.Session, uploads: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    announced(deployed, "not-yet", monkeypatch)
    assert "gone: 1 image and 1 file that" in destroy(model, "--yes").stderr


def test_what_a_failed_creation_undid_is_not_there(
    model: Path, deployed: boto3.Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    undone = [
        stack.Resource("Group", GROUP, "AWS::Logs::LogGroup", "DELETE_COMPLETE", ""),
        stack.Resource("Function", "claim-Inference", "AWS::Lambda::Function", "CREATE_FAILED", "it is there already"),
    ]
    monkeypatch.setattr(stack, "resources", lambda *_: tuple(undone))
    assert not stack.holds(deployed, fake_app.STACK, "AWS::Logs::LogGroup", GROUP)
    assert not stack.holds(deployed, fake_app.STACK, "AWS::Lambda::Function", "claim-Inference")
    assert removal.kept(deployed, fake_app.STACK) == ()


def test_what_cannot_be_deleted_is_named_with_the_reason(
    model: Path, deployed: boto3.Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    failed = stack.Resource("Topic", "arn:topic", "AWS::SNS::Topic", "DELETE_FAILED", "it is in use")
    in_state(monkeypatch, "DELETE_FAILED")
    monkeypatch.setattr(stack, "resources", lambda *_: (failed,))
    says = error(destroy(model, "--yes"))
    assert "AWS::SNS::Topic arn:topic: it is in use" in says
    assert "run `inferwatch destroy` again" in says
    assert GROUP in log_groups(deployed)


def in_state(monkeypatch: pytest.MonkeyPatch, status: str) -> None:
    found = stack.Stack("arn:stack", fake_app.STACK, status, "", {}, protected=False)
    monkeypatch.setattr(stack, "find", lambda *_: found)


def test_what_services_log_by_themselves_is_said(
    model: Path, deployed: boto3.Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    arn = "arn:aws:chatbot::123456789012:chat-configuration/slack-channel/claim-slack"
    channel = stack.Resource("Channel", arn, "AWS::Chatbot::SlackChannelConfiguration", "CREATE_COMPLETE", "")
    monkeypatch.setattr(stack, "resources", lambda *_: (channel,))
    with (model / "inferwatch.toml").open("a") as spec:
        spec.write("[function]\ninsights = true\n")
    result = destroy(model, "--yes")
    assert "the log group /aws/chatbot/claim-slack in us-east-1" in result.stderr
    assert "left: /aws/lambda-insights" in result.stderr


def test_uploads_that_may_not_be_removed_do_not_hide_that_the_stack_is_gone(
    model: Path, deployed: boto3.Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    def denied(*_: object) -> None:
        raise DeployError("ListStacks is not allowed")

    monkeypatch.setattr("inferwatch.aws.resources.assets.remove", denied)
    result = destroy(model, "--yes")
    assert result.exit_code == 0
    assert "left, and costs a little: what was uploaded for the stack, since ListStacks is not allowed" in result.stderr
