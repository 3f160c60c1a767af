"""ModelAccess: what lies below a node is read, and nothing of any sibling, by any action."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from iam_evaluator import Request, actions, allowed
from policies import Policy, knows_resources, parliament, too_wide

from inferwatch.errors import DeployError

if TYPE_CHECKING:
    from inferwatch.cdk import ModelAccess

pytestmark = pytest.mark.xdist_group("synth")

NODE = "/abc_corp/claim"
SIBLINGS = (
    "/abc_corp/claims",
    "/abc_corp/claim2",
    "/abc_corp/claim_x",
    "/abc_corp/claim-x",
    "/abc_corp",
    "/ABC_CORP/claim",
)
OWN = ((NODE, "doc"), (f"{NODE}/motor", "photo"))
MANAGED_POLICY_MAX = 6144
# What IAM ties to nothing that a node's name could stand in, each for a reason.
OF_THE_ACCOUNT = {
    "logs:GetQueryResults",  # asks for a log group without a name; who reads must know the id of the query
    "logs:StopQuery",  # is tied to nothing
    "s3:GetBucketLocation",  # of the bucket that the models share
}


@pytest.fixture(scope="module")
def access(tmp_path_factory: pytest.TempPathFactory) -> ModelAccess:
    """Of the node, with two models, over a bucket that lakes of all nodes share."""
    from node_world import Kept, model, stack_in

    from inferwatch.cdk import ModelAccess

    folder = tmp_path_factory.mktemp("access")
    stack = stack_in(folder)
    specs = [model(folder / name, node, name) for node, name in OWN]
    kept = [Kept(stack, spec) for spec in specs]
    lakes, histories = [each.lake for each in kept], [each.history for each in kept]
    return ModelAccess(stack, "Claim", node=NODE, specs=specs, lakes=lakes, histories=histories)


@pytest.fixture(scope="module")
def documents(access: ModelAccess) -> list[dict[str, Any]]:
    import node_world

    return node_world.documents(access, whole=True)


@pytest.mark.parametrize(("node", "name"), OWN)
def test_what_lies_below_the_node_is_read_by_every_action(
    documents: list[dict[str, Any]], tmp_path: Path, node: str, name: str
) -> None:
    from node_world import model, requests

    every = list(requests(model(tmp_path, node, name)))
    assert [request for request in every if not allowed(documents, request)] == []
    assert {request.action for request in every} | OF_THE_ACCOUNT == actions(documents)


@pytest.mark.parametrize("sibling", SIBLINGS)
def test_nothing_of_a_sibling_is_read_by_any_action(
    documents: list[dict[str, Any]], tmp_path: Path, sibling: str
) -> None:
    from node_world import model, requests

    for name in ("doc2", "doc-High", "photos", "do", "other"):
        every = list(requests(model(tmp_path / name, sibling, name)))
        assert [request for request in every if allowed(documents, request)] == []


def test_the_lakes_of_a_shared_bucket_are_not_listed_from_above(documents: list[dict[str, Any]]) -> None:
    from node_world import BUCKET

    for prefix in ("", "lake/", "lake/model=", "lake/model=%2Fabc_corp%2Fclaims%2F", "athena-results/"):
        assert not allowed(documents, Request("s3:ListBucket", f"arn:aws:s3:::{BUCKET}", {"s3:prefix": prefix}))
    assert not allowed(documents, Request("s3:ListBucket", f"arn:aws:s3:::{BUCKET}"))


@pytest.mark.parametrize(
    "action",
    [
        "cloudwatch:GetMetricData",
        "cloudwatch:ListMetrics",
        "cloudwatch:ListDashboards",
        "logs:DescribeLogGroups",
        "logs:DescribeQueries",
        "dynamodb:Scan",
        "glue:GetDatabases",
        "glue:GetTables",
    ],
)
def test_what_would_tell_of_siblings_is_not_allowed(documents: list[dict[str, Any]], action: str) -> None:
    assert not allowed(documents, Request(action, "*"))


def test_the_databases_of_the_account_are_listed_only_where_that_is_asked_for(
    documents: list[dict[str, Any]], tmp_path: Path
) -> None:
    import node_world
    from intrinsics import ACCOUNT, REGION
    from node_world import Kept, model, requests, stack_in

    from inferwatch.cdk import ModelAccess

    listing = Request("glue:GetDatabases", f"arn:aws:glue:{REGION}:{ACCOUNT}:catalog")
    assert not allowed(documents, listing)
    stack, spec = stack_in(tmp_path), model(tmp_path, NODE, "doc")
    access = ModelAccess(stack, "Claim", node=NODE, lakes=[Kept(stack, spec).lake], find_lakes=True)
    written = node_world.documents(access, whole=True)
    assert allowed(written, listing)
    for document in written:
        assert [str(finding) for finding in parliament().analyze_policy_string(json.dumps(document)).findings] == []
    sibling = list(requests(model(tmp_path / "other", "/abc_corp/claims", "photo")))
    assert [request for request in sibling if allowed(written, request)] == []


def test_it_reads_only(documents: list[dict[str, Any]]) -> None:
    writes = {"athena:StartQueryExecution", "athena:StopQueryExecution"}
    writes |= {"s3:AbortMultipartUpload", "s3:PutObject"}  # Athena's results, in the reader's name
    levels = {
        f"{d['prefix']}:{p['privilege']}": p["access_level"]
        for d in parliament().iam_definition
        for p in d["privileges"]
    }
    assert {action for action in actions(documents) if levels[action] not in ("Read", "List")} == writes


def test_iam_takes_the_policies_and_they_are_nowhere_too_wide(documents: list[dict[str, Any]]) -> None:
    for document in documents:
        assert len(json.dumps(document, separators=(",", ":"))) <= MANAGED_POLICY_MAX
        policy = Policy("access", "identity", document)
        assert too_wide(policy) == []
        assert [str(finding) for finding in parliament().analyze_policy_string(json.dumps(document)).findings] == []


def test_what_iam_ties_to_resources_names_the_node(documents: list[dict[str, Any]]) -> None:
    assert {action for action in OF_THE_ACCOUNT if not knows_resources(action)} == {"logs:StopQuery"}


def test_models_that_are_many_get_policies_that_are_many(tmp_path: Path) -> None:
    import node_world

    from inferwatch.cdk import ModelAccess

    long = "a-model-with-quite-a-long-name-for-one"
    spec = node_world.model(tmp_path, NODE, long)
    stack = node_world.stack_in(tmp_path)
    specs = [node_world.belonging(spec, NODE, f"{long}-{number}") for number in range(20)]
    access = ModelAccess(stack, "Claim", node=NODE, specs=specs)
    written = [json.dumps(document, separators=(",", ":")) for document in node_world.documents(access)]
    assert 1 < len(written) <= 10  # of which an identity has ten, by default
    assert max(map(len, written)) <= MANAGED_POLICY_MAX
    assert min(map(len, written[:-1])) > MANAGED_POLICY_MAX / 2


_NAME = st.text("ab_-.2", min_size=1, max_size=4).filter(lambda name: name.strip("."))
_PATH = st.lists(_NAME, min_size=1, max_size=3).map(lambda names: "/" + "/".join(names))


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(node=_PATH, other=st.one_of(_PATH, _NAME), names=st.lists(_NAME, min_size=2, max_size=2))
def test_whatever_the_nodes_are_called(tmp_path: Path, node: str, other: str, names: list[str]) -> None:
    """other: any node, or what stands after the node's own name."""
    import node_world

    from inferwatch.cdk import ModelAccess
    from inferwatch.cloudwatch import names as called

    sibling = other if other.startswith("/") else node + other
    base = node_world.model(tmp_path, NODE, "doc")
    own, theirs = (node_world.belonging(base, at, name) for at, name in zip((node, sibling), names, strict=True))
    access = ModelAccess(node_world.stack_in(tmp_path), "Access", node=node, specs=[own])
    documents = node_world.documents(access)
    here = [r for r in node_world.requests(own) if r.action.startswith(("logs:", "cloudwatch:"))]
    assert [request for request in here if not allowed(documents, request)] == []
    # By its log group: that of a model which is called as the node is lies above, but its access log lies below.
    is_below = f"{theirs.identity.log_group}/".startswith(f"{node}/")
    same_name = called.names(own).prefix == called.names(theirs).prefix  # which one account cannot have twice
    if not is_below and not same_name:
        assert [request for request in node_world.requests(theirs) if allowed(documents, request)] == []


@pytest.mark.parametrize("node", ["", "/", "abc", "/aws/lambda", "/abc//claim", "/abc*", "/abc?", "/${aws:username}"])
def test_what_is_no_node_is_refused(tmp_path: Path, node: str) -> None:
    from node_world import stack_in

    from inferwatch.cdk import ModelAccess

    with pytest.raises(DeployError, match="no node of an organisation"):
        ModelAccess(stack_in(tmp_path), "Access", node=node)


def test_what_lies_elsewhere_is_refused(tmp_path: Path) -> None:
    from node_world import Kept, model, stack_in

    from inferwatch.cdk import ModelAccess

    stack, theirs = stack_in(tmp_path), model(tmp_path, "/abc_corp/claims", "doc")
    kept = Kept(stack, theirs)
    parts: tuple[dict[str, Any], ...] = ({"specs": [theirs]}, {"lakes": [kept.lake]}, {"histories": [kept.history]})
    for number, part in enumerate(parts):
        with pytest.raises(DeployError, match="/abc_corp/claims/doc does not lie below /abc_corp/claim,"):
            ModelAccess(stack, f"Access{number}", node=NODE, **part)


SINK = "arn:aws:oam:eu-central-1:111122223333:sink/6b1d1a0c"


def test_a_sink_s_account_sees_the_node_s_metrics_and_log_groups_and_no_others(tmp_path: Path) -> None:
    from node_world import belonging, model, stack_in
    from small_stack import Made

    from inferwatch.cdk import ModelAccess

    spec = model(tmp_path, NODE, "doc")
    photo = belonging(spec, NODE, "photo")
    named = msgspec.structs.replace(
        photo, sagemaker=None, identity=msgspec.structs.replace(photo.identity, metric_namespace="Claims")
    )
    stack = stack_in(tmp_path)
    ModelAccess(stack, "Access", node=NODE, specs=[spec, named], sink_arn=SINK)
    link = Made(stack).one("Oam::Link")
    assert link["SinkIdentifier"] == SINK
    assert link["ResourceTypes"] == ["AWS::CloudWatch::Metric", "AWS::Logs::LogGroup"]
    filters = {name: each["Filter"] for name, each in link["LinkConfiguration"].items()}
    assert filters == {
        "MetricConfiguration": "Namespace IN ('abc_corp/claim', 'Claims') OR Namespace LIKE 'abc_corp/claim/%'",
        "LogGroupConfiguration": "LogGroupName IN ('/aws/sagemaker/Endpoints/of-doc')"
        " OR LogGroupName LIKE '/abc_corp/claim/%'",
    }


def test_a_link_that_names_too_much_is_refused(tmp_path: Path) -> None:
    from node_world import belonging, model, stack_in

    from inferwatch.cdk import ModelAccess

    spec = model(tmp_path, NODE, "doc")
    specs = [belonging(spec, NODE, f"a-model-with-a-name-{number}") for number in range(50)]
    with pytest.raises(DeployError, match="too many log groups"):
        ModelAccess(stack_in(tmp_path), "Access", node=NODE, specs=specs, sink_arn=SINK)


def test_a_sink_takes_links_of_the_accounts_it_names_and_of_what_it_is_for(tmp_path: Path) -> None:
    from node_world import stack_in
    from small_stack import Made

    from inferwatch.cdk import NodeSink

    stack = stack_in(tmp_path)
    NodeSink(stack, "Claims", node=NODE, accounts=["111111111111", "222222222222"])
    made = Made(stack)
    sink = made.one("Oam::Sink")
    (statement,) = sink["Policy"]["Statement"]
    assert sink["Name"] == "abc_corp.claim"
    assert statement["Principal"] == {"AWS": ["111111111111", "222222222222"]}
    assert statement["Action"] == ["oam:CreateLink", "oam:UpdateLink"]
    assert statement["Condition"]["ForAllValues:StringEquals"]["oam:ResourceTypes"] == [
        "AWS::CloudWatch::Metric",
        "AWS::Logs::LogGroup",
    ]
    documents = [made.one("IAM::ManagedPolicy")["PolicyDocument"]]
    theirs = "arn:aws:logs:eu-central-1:{}:log-group:/abc_corp/{}/doc:log-stream:"
    assert allowed(documents, Request("cloudwatch:GetMetricData", "*"))
    for account, node, says in (
        ("222222222222", "claim", True),
        ("222222222222", "claims", False),
        ("3", "claim", False),
    ):
        assert allowed(documents, Request("logs:GetLogRecord", theirs.format(account, node))) is says


def test_readers_are_roles_groups_and_users(tmp_path: Path) -> None:
    from aws_cdk import aws_iam as iam
    from node_world import stack_in
    from small_stack import Made

    from inferwatch.cdk import ModelAccess

    stack = stack_in(tmp_path)
    role = iam.Role(stack, "Role", assumed_by=iam.AccountPrincipal("123456789012"))
    readers = (role, iam.Group(stack, "Group"), iam.User(stack, "User"))
    ModelAccess(stack, "Access", node=NODE).grant(*readers)
    made = Made(stack)
    arns = [made.one(f"IAM::{kind}")["ManagedPolicyArns"] for kind in ("Role", "Group", "User")]
    assert arns[0] == arns[1] == arns[2] != []


def test_other_regions_are_read_where_they_are_named(tmp_path: Path) -> None:
    import node_world

    from inferwatch.cdk import ModelAccess

    regions = ["eu-central-1", "us-east-1"]
    access = ModelAccess(node_world.stack_in(tmp_path), "Access", node=NODE, regions=regions)
    documents = node_world.documents(access)
    group = "arn:aws:logs:{}:123456789012:log-group:/abc_corp/claim/doc:*"
    read = [r for r in (*regions, "eu-west-1") if allowed(documents, Request("logs:StartQuery", group.format(r)))]
    assert read == regions


def test_what_is_named_by_the_model_is_read_in_its_own_region_alone(tmp_path: Path) -> None:
    """In another region a model beside the node may have the same name."""
    import node_world

    from inferwatch.cdk import ModelAccess

    spec = node_world.model(tmp_path, NODE, "doc")
    there = msgspec.structs.replace(spec, aws=msgspec.structs.replace(spec.aws, region="us-east-1"))
    regions = ["eu-central-1", "us-east-1"]
    access = ModelAccess(node_world.stack_in(tmp_path), "Access", node=NODE, regions=regions, specs=[there])
    documents = node_world.documents(access)
    alarm = "arn:aws:cloudwatch:{}:123456789012:alarm:doc-Inference-Error-Alarm"
    writer = "arn:aws:logs:{}:123456789012:log-group:/aws/lambda/doc-History-Writer:log-stream:x"
    for action, arn in (("cloudwatch:DescribeAlarms", alarm), ("logs:GetLogEvents", writer)):
        assert [r for r in regions if allowed(documents, Request(action, arn.format(r)))] == ["us-east-1"]


def test_cfn_lint_and_cdk_nag_have_nothing_to_say(tmp_path: Path) -> None:
    import synthesis
    from aws_cdk import App, Stack, Validations
    from cdk_nag import AwsSolutionsChecks
    from cfnlint import api
    from node_world import Kept, model

    from inferwatch.cdk import ModelAccess, NodeSink

    app = App(builtin_cloud_formation_validation=False, outdir=str(tmp_path / "cdk.out"))
    stack, spec = Stack(app, "access"), model(tmp_path / "model", NODE, "doc")
    kept = Kept(stack, spec)
    ModelAccess(stack, "Access", node=NODE, specs=[spec], lakes=[kept.lake], histories=[kept.history], sink_arn=SINK)
    NodeSink(Stack(app, "sink"), "Sink", node=NODE, accounts=["111111111111"])
    Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    app.synth()  # raises where something is found
    made = synthesis.read(tmp_path / "cdk.out")
    found = {
        name: api.lint(json.dumps(template), regions=["eu-central-1"]) for name, template in made.templates.items()
    }
    assert found == {"access": [], "sink": []}
    acknowledged = made.acknowledged("access") | made.acknowledged("sink")
    (plugin,) = made.report["pluginReports"]
    assert {(v["acknowledgedAt"], v["acknowledgedId"]) for v in plugin["suppressedViolations"]} == acknowledged
