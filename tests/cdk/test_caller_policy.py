"""What `doctor --aws --policy` prints is least privilege too, and allows each thing that the commands do."""

from __future__ import annotations

import json
import re
from pathlib import Path

import boto3
import pytest
from iam_evaluator import Request, allowed
from policies import Policy, parliament, too_wide

from inferwatch.aws.doctor.permission import USES
from inferwatch.aws.doctor.policy import document, permissions
from inferwatch.aws.session import Caller
from inferwatch.aws.site import Site
from inferwatch.cloudwatch.names import names
from inferwatch.spec import load_spec

SRC = Path(__file__).parents[2] / "src" / "inferwatch"
MODEL = '[model]\nnamespace = "/abc_corp/health"\nname = "sleep"\npredict = "app:predict"\n'
JWT = '[api]\nauth = "jwt"\njwt_issuer = "https://example.com"\njwt_audience = ["a"]\n'
PARTS = "[queue]\n[sagemaker]\n[history]\n[lake]\n"
KEY = "[logs]\ncustomer_key = true\n"
CODECOMMIT = PARTS + '[pipeline]\nsource = "codecommit"\nrepository = "sleep"\n'
CONNECTION = "arn:aws:codeconnections:eu-central-1:123456789012:connection/00000000-0000-0000-0000-000000000000"
GITHUB = f'{PARTS}[pipeline]\nrepository = "abc/sleep"\nconnection = "{CONNECTION}"\n'
ALICE = "arn:aws:iam::123456789012:user/alice"
SESSION = "arn:aws:sts::123456789012:assumed-role/Watch/alice"


def site(folder: Path, api: str, arn: str = ALICE) -> Site:
    (folder / "inferwatch.toml").write_text(MODEL + api)
    spec = load_spec(folder, environ={})
    caller = Caller(account="123456789012", arn=arn, region="eu-central-1")
    return Site(spec, names(spec), boto3.Session(region_name="eu-central-1"), caller)


@pytest.mark.parametrize("arn", [ALICE, SESSION, "arn:aws:iam::123456789012:root"])
@pytest.mark.parametrize(
    "api", ["", '[api]\ntype = "rest"\n', '[api]\ntype = "none"\n', JWT, CODECOMMIT, GITHUB, PARTS + KEY]
)
def test_the_policy_is_valid_and_nowhere_wider_than_iam_allows(tmp_path: Path, api: str, arn: str) -> None:
    policy = document(permissions(site(tmp_path, api, arn)))
    found = parliament().analyze_policy_string(json.dumps(policy)).findings
    assert [str(finding) for finding in found] == []
    assert too_wide(Policy("caller", "identity", policy)) == []
    sids = [statement["Sid"] for statement in policy["Statement"]]
    assert len(set(sids)) == len(sids)
    assert all(re.fullmatch(r"(Read|Ask|Check|Deploy|Destroy)[A-Za-z0-9]+", sid) for sid in sids)


@pytest.mark.parametrize(
    ("parts", "uses", "most"),
    [
        ("", USES, 6144),
        (GITHUB, ("read", "check"), 6144),
        (GITHUB, ("read", "ask"), 6144),
        (GITHUB, ("deploy", "destroy"), 6144),
        (GITHUB, USES, 10_240),
    ],
)
def test_it_fits_into_a_managed_policy_and_with_every_part_into_two(
    tmp_path: Path, parts: str, uses: tuple[str, ...], most: int
) -> None:
    """6,144 characters, without white space; a role's own policies may have 10,240: IAM's quotas."""
    wanted = [one for one in permissions(site(tmp_path, parts, SESSION)) if one.use in uses]
    assert len(json.dumps(document(wanted), separators=(",", ":"))) <= most


@pytest.mark.parametrize(
    ("api", "action"),
    [
        ("", "execute-api:Invoke"),
        ('[api]\ntype = "rest"\n', "apigateway:GET"),
        ('[api]\ntype = "none"\n', "lambda:InvokeFunction"),
    ],
)
def test_only_the_way_that_the_api_is_asked_by_is_allowed(tmp_path: Path, api: str, action: str) -> None:
    actions = {one.action for one in permissions(site(tmp_path, api))}
    assert actions & {"execute-api:Invoke", "apigateway:GET", "lambda:InvokeFunction"} == {action}


_NO_PERMISSION = {"get_caller_identity", "publish"}  # the first needs none; the second is what a topic's owner does
_NO_PERMISSION |= {"get_session"}  # botocore's, which Athena has too
_ACTIONS = {"get_paginator": None, "list_object_versions": "ListBucketVersions", "delete_objects": "DeleteObject"}
_ACTIONS |= {"get_api_key": "GET", "invoke": "InvokeFunction", "send_message_batch": "SendMessage"}
_ACTIONS |= {"get_bucket_encryption": "GetEncryptionConfiguration", "transact_write_items": "PutItem"}


def test_a_key_of_the_account_s_own_is_used_for_queue_and_history_alone(tmp_path: Path) -> None:
    statements = document(permissions(site(tmp_path, PARTS + KEY)))["Statement"]
    using = {
        (action, statement["Condition"]["StringEquals"]["kms:ViaService"])
        for statement in statements
        if "StringEquals" in statement.get("Condition", ()) and not statement["Sid"].startswith("Ask")
        for action in statement["Action"]
    }
    assert using == {
        ("kms:GenerateDataKey", "sqs.eu-central-1.amazonaws.com"),
        ("kms:Decrypt", "sqs.eu-central-1.amazonaws.com"),
        ("kms:Decrypt", "dynamodb.eu-central-1.amazonaws.com"),
    }
    assert {one.use for one in permissions(site(tmp_path, PARTS)) if one.via} == {"ask"}  # the lake's own key


def test_who_asks_athena_may_read_this_model_s_lake_and_write_answers_alone(tmp_path: Path) -> None:
    ask = [one for one in permissions(site(tmp_path, PARTS)) if one.use == "ask"]
    model, answers = "/lake/model=%2Fabc_corp%2Fhealth%2Fsleep/*", "/athena-results/sleep-Inference-Lake/*"
    objects = {one.action: {arn.partition("*")[2] for arn in one.resources} for one in ask if "/*" in one.resources[0]}
    assert objects["s3:GetObject"] == {model, answers}
    assert objects["s3:PutObject"] == {answers}
    tables = {arn.rpartition("/")[2] for one in ask if one.action == "glue:GetTable" for arn in one.resources[1:3]}
    assert tables == {"transactions", "model_monitoring_logs"}
    looked_at = {arn.rpartition(":")[2] for one in ask if one.action == "glue:GetDatabase" for arn in one.resources}
    assert looked_at >= {"catalog", "database/abc_corp_health_sleep", "database/default"}


def test_who_deploys_one_model_writes_no_other_s_versions_and_reads_them_all(tmp_path: Path) -> None:
    table = "arn:aws:dynamodb:eu-central-1:123456789012:table/inferwatch-registry"
    policy = document(permissions(site(tmp_path, "")))

    def may(action: str, *keys: str) -> bool:
        return allowed([policy], Request(f"dynamodb:{action}", table, {"dynamodb:LeadingKeys": keys} if keys else {}))

    for action in ("PutItem", "UpdateItem", "ConditionCheckItem"):
        assert may(action, "/abc_corp/health/sleep")
        assert not may(action, "/abc_corp/health/sleeper")
        assert not may(action, "/abc_corp/health/sleep", "/abc_corp/health/sleeper")
        assert not may(action)
    assert may("PutItem", "models")
    assert may("Query", "/abc_corp/health/sleeper")
    destroy = [one for one in permissions(site(tmp_path, "")) if one.use == "destroy" and "dynamodb" in one.action]
    assert [one.partitions for one in destroy] == [("/abc_corp/health/sleep",)]


def test_dead_letters_can_be_moved_back_and_no_other_message_received(tmp_path: Path) -> None:
    permitted = permissions(site(tmp_path, PARTS))
    queue, dead = (
        f"arn:aws:sqs:eu-central-1:123456789012:sleep-Inference-{name}" for name in ("Queue", "Dead-Letters")
    )
    asked = {"sqs:GetQueueUrl", "sqs:GetQueueAttributes"}
    moved = {"sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:StartMessageMoveTask"}
    assert {one.action for one in permitted if dead in one.resources} == asked | moved
    assert {one.action for one in permitted if queue in one.resources} == asked | {"sqs:SendMessage"}
    assert {one.use for one in permitted if one.action in moved} == {"check"}


def test_a_model_without_parts_is_allowed_nothing_of_theirs(tmp_path: Path) -> None:
    registry = "arn:aws:dynamodb:eu-central-1:123456789012:table/inferwatch-registry"
    others = [one for one in permissions(site(tmp_path, "")) if one.resources != (registry,)]
    services = {one.action.partition(":")[0] for one in others}
    of_parts = {"sqs", "sagemaker", "dynamodb", "firehose", "codecommit", "athena", "glue"}
    assert not services & {*of_parts, "codeconnections"}
    theirs = {one.action.partition(":")[0] for one in permissions(site(tmp_path, CODECOMMIT))}
    assert theirs - services == of_parts


def test_every_operation_that_the_room_calls_is_in_it(tmp_path: Path) -> None:
    """Operations are found in the source by boto3's names, which are those of the actions in other letters."""
    text = "\n".join(file.read_text() for file in (SRC / "aws").rglob("*.py"))
    called = set(re.findall(r'get_paginator\(\s*"(\w+)"', text))
    operations = {name for service in _operations() for name in service}
    called |= {name for name in re.findall(r"\.([a-z]+_[a-z_]+|invoke|publish)\(", text) if name in operations}
    assert {"filter_log_events", "describe_alarms", "get_metric_data", "delete_stack"} <= called
    permitted = {
        one.action.partition(":")[2]
        for api in (CODECOMMIT, GITHUB, '[api]\ntype = "rest"\n', '[api]\ntype = "none"\n')
        for one in permissions(site(tmp_path, api, SESSION))
    }
    needed = {_ACTIONS.get(name, _camel(name)) for name in called - _NO_PERMISSION} - {None}
    assert needed - permitted == set()


def _operations() -> list[set[str]]:
    services = ["logs", "cloudwatch", "cloudformation", "lambda", "sns", "chatbot", "ssm", "iam", "apigateway"]
    services += ["sqs", "sagemaker", "dynamodb", "firehose", "codecommit", "codeconnections", "athena", "glue"]
    session = boto3.Session(region_name="eu-central-1", aws_access_key_id="x", aws_secret_access_key="x")
    return [set(dir(session.client(name))) for name in (*services, "ecr", "s3", "kms", "sts")]


def _camel(name: str) -> str:
    return "".join(part.title() for part in name.split("_"))
