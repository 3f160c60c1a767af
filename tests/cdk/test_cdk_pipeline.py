"""DeliveryPipeline: what it runs, where it deploys, and what each of its roles may do."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pipelines
import pytest
from intrinsics import ACCOUNT, REGION
from pipelines import CODECOMMIT, CONNECTION, GITHUB, TWO_ACCOUNTS, Delivered, delivered
from policies import parliament, policies, too_wide
from small_model import small_model
from synthesis import Synthesized

from inferwatch.errors import SpecError

pytestmark = pytest.mark.xdist_group("synth")

ROLE = "arn:aws:iam::{0}:role/cdk-hnb659fds-{1}-role-{0}-eu-central-1"
DEV, PROD = "111111111111", "222222222222"
# cfn-lint 1.58 takes its own advice on style, which is off by default, for a fault of the action that it stands in.
NOT_OF_THE_RULE = "Prefer using Fn::Sub over Fn::Join with an empty delimiter"


@pytest.fixture(scope="module")
def synthesized(tmp_path_factory: pytest.TempPathFactory) -> Synthesized:
    return pipelines.synthesize(tmp_path_factory.mktemp("pipelines"))


@pytest.fixture(scope="module")
def accounts(synthesized: Synthesized) -> Delivered:
    return Delivered(synthesized.templates["accounts"])


@pytest.fixture(scope="module")
def alone(synthesized: Synthesized) -> Delivered:
    return Delivered(synthesized.templates["alone"])


def assumed(statements: list[dict[str, Any]]) -> set[str]:
    return {arn for s in statements if s["Action"] == "sts:AssumeRole" for arn in _listed(s["Resource"])}


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def test_it_goes_from_the_source_by_its_stages_to_production(accounts: Delivered) -> None:
    assert list(accounts.stages) == ["Source", "Build", "UpdatePipeline", "Assets", "dev", "prod"]
    (pipeline,) = accounts.all("CodePipeline::Pipeline")
    assert (pipeline["Name"], pipeline["PipelineType"]) == ("adder-Delivery", "V2")


def test_a_pipeline_that_could_not_be_made_leaves_nothing_to_pay(accounts: Delivered) -> None:
    resources = accounts.template["Resources"].values()
    kept = {each["Type"]: each["DeletionPolicy"] for each in resources if "DeletionPolicy" in each}
    kinds = ("AWS::Logs::LogGroup", "AWS::KMS::Key", "AWS::S3::Bucket")
    assert kept == dict.fromkeys(kinds, "RetainExceptOnCreate")


def test_a_person_approves_what_the_spec_says_and_nothing_else(accounts: Delivered) -> None:
    asked = {name: [a["ActionTypeId"]["Category"] for a in actions] for name, actions in accounts.stages.items()}
    assert asked["dev"] == ["Deploy", "Deploy", "Build"]
    assert asked["prod"] == ["Approval", "Deploy", "Deploy", "Build"]
    approval, *deployments, _ = accounts.stages["prod"]
    assert "/abc_corp/claim/adder to prod" in approval["Configuration"]["CustomData"]
    assert approval["RunOrder"] < min(each["RunOrder"] for each in deployments)


def test_each_stage_is_deployed_by_the_roles_of_its_account(accounts: Delivered) -> None:
    for stage, account in (("dev", DEV), ("prod", PROD)):
        prepare, execute = accounts.stages[stage][-3:-1]
        assert {prepare["RoleArn"], execute["RoleArn"]} == {ROLE.format(account, "deploy")}
        assert prepare["Configuration"]["RoleArn"] == ROLE.format(account, "cfn-exec")
        assert prepare["Configuration"]["StackName"] == f"abc-corp-claim-adder-{stage}"


def test_other_accounts_can_read_what_is_handed_on(accounts: Delivered) -> None:
    both = [ROLE.format(account, "deploy") for account in (DEV, PROD)]
    (key,), (bucket,) = accounts.all("KMS::Key"), accounts.all("S3::BucketPolicy")
    use = {tuple(s["Action"]): s["Principal"] for s in key["KeyPolicy"]["Statement"] if s["Action"] != "kms:*"}
    assert use == {("kms:Decrypt", "kms:DescribeKey"): {"AWS": both}}
    reads = [s for s in bucket["PolicyDocument"]["Statement"] if s["Effect"] == "Allow"]
    assert [s["Principal"] for s in reads] == [{"AWS": both}] * 2
    assert {action for s in reads for action in s["Action"] if "Put" in action} == set()


def test_a_connection_brings_the_source(accounts: Delivered) -> None:
    (source,) = accounts.stages["Source"]
    assert source["ActionTypeId"]["Provider"] == "CodeStarSourceConnection"
    assert source["Configuration"] == {
        "ConnectionArn": CONNECTION,
        "FullRepositoryId": "abc/claims",
        "BranchName": "main",
    }
    uses = [s for s in accounts.of_pipeline() if "UseConnection" in str(s["Action"])]
    assert [(s["Action"], s["Resource"]) for s in uses] == [("codeconnections:UseConnection", CONNECTION)]


def test_codecommit_tells_of_a_push(alone: Delivered) -> None:
    (source,) = alone.stages["Source"]
    assert source["Configuration"] == {
        "RepositoryName": "claims",
        "BranchName": "release",
        "PollForSourceChanges": False,
    }
    (rule,) = alone.all("Events::Rule")
    assert rule["EventPattern"]["detail"]["referenceName"] == ["release"]
    archives = [s for s in alone.of_pipeline() if "codecommit:UploadArchive" in s["Action"]]
    assert [s["Resource"] for s in archives] == [f"arn:aws:codecommit:{REGION}:{ACCOUNT}:claims"]


def test_the_build_runs_the_project_s_own_targets(accounts: Delivered, alone: Delivered) -> None:
    def commands(build: dict[str, Any]) -> list[str]:
        return [*build["phases"]["install"]["commands"], *build["phases"]["build"]["commands"]]

    assert commands(accounts.build) == [
        "make install",
        "make test",
        "make synth ARGS='--pipeline --register'",
    ]
    where = "make -C 'models/the adder'"
    assert commands(alone.build) == [
        f"{where} install",
        f"{where} test",
        f"{where} synth ARGS='--pipeline --register'",
    ]
    assert [each.build["artifacts"]["base-directory"] for each in (accounts, alone)] == [
        "cdk.out",
        "models/the adder/cdk.out",
    ]
    versions = [each.build["phases"]["install"]["runtime-versions"] for each in (accounts, alone)]
    assert versions == [{"python": "3.13"}, {"python": "3.12"}]


def test_only_what_builds_an_image_may_use_docker(accounts: Delivered, alone: Delivered) -> None:
    def privileged(one: Delivered) -> list[str]:
        return [name for name, each in one.projects.items() if each["Environment"]["PrivilegedMode"]]

    assert accounts.projects.keys() == {"Build", "SelfMutate", "DockerAssets", "dev/Register", "prod/Register"}
    assert privileged(accounts) == ["DockerAssets"]
    assert alone.projects.keys() == {"Build", "SelfMutate", "FileAssets", "dev/Register"}
    assert privileged(alone) == []


def test_the_build_may_take_the_source_have_it_numbered_and_hand_on(accounts: Delivered) -> None:
    services = {action.split(":")[0] for s in accounts.statements("Build") for action in _listed(s["Action"])}
    assert services == {"s3", "kms", "logs", "dynamodb"}


def of_registry(one: Delivered, project: str) -> tuple[set[str], str, dict[str, Any]]:
    """What a build may do in the registry: actions, table, conditions."""
    (found,) = [s for s in one.statements(project) if "dynamodb:Query" in s["Action"]]
    return set(found["Action"]), found["Resource"], found["Condition"]


def test_the_registry_is_the_pipeline_s_own_and_of_this_model_alone(accounts: Delivered) -> None:
    table = f"arn:aws:dynamodb:eu-central-1:{PROD}:table/inferwatch-registry"
    keys = {"Build": ["/abc_corp/claim/adder", "models"], "dev/Register": "/abc_corp/claim/adder"}
    for project, own in keys.items():
        actions, resource, condition = of_registry(accounts, project)
        assert resource == table
        assert condition == {
            "ForAllValues:StringEquals": {"dynamodb:LeadingKeys": own if isinstance(own, list) else [own]},
            "Null": {"dynamodb:LeadingKeys": "false"},
        }
        assert not any("Delete" in action or "*" in action for action in actions)


def test_what_the_builds_may_do_in_the_registry_is_what_they_do(accounts: Delivered) -> None:
    """The calls of the registry, by the actions that IAM asks for in a transaction."""
    reads = {"dynamodb:GetItem", "dynamodb:Query"}
    assert of_registry(accounts, "Build")[0] == {*reads, "dynamodb:ConditionCheckItem", "dynamodb:PutItem"}
    assert of_registry(accounts, "prod/Register")[0] == {*reads, "dynamodb:PutItem", "dynamodb:UpdateItem"}


def test_a_stage_tells_the_registry_once_it_is_deployed(accounts: Delivered, alone: Delivered) -> None:
    deploy, told = accounts.stages["prod"][-2:]
    assert told["RunOrder"] > deploy["RunOrder"]
    variables = {each["name"]: each["value"] for each in json.loads(told["Configuration"]["EnvironmentVariables"])}
    space = deploy["Namespace"]
    assert variables == {"DEPLOYMENT": f"#{{{space}.DeploymentId}}", "ENDPOINT": f"#{{{space}.Url}}"}

    def commands(one: Delivered, project: str) -> list[str]:
        phases = json.loads(one.projects[project]["Source"]["BuildSpec"])["phases"]
        assert "python" in phases["install"]["runtime-versions"]
        return [*phases["install"]["commands"], *phases["build"]["commands"]]

    options = '--deployment "$DEPLOYMENT" --endpoint "$ENDPOINT"'
    assert commands(accounts, "prod/Register") == [
        "make install",
        f"inferwatch register . --environment prod {options}",
    ]
    assert commands(alone, "dev/Register")[1] == f"inferwatch register 'models/the adder' --environment dev {options}"


@pytest.mark.parametrize(
    ("more", "arguments"),
    [
        (CODECOMMIT + "[environment.dev.model]\nversion = 7\n", {}),
        (CODECOMMIT, {"commands": ["inferwatch synth --pipeline"]}),
    ],
)
def test_who_numbers_elsewhere_has_nothing_registered(tmp_path: Path, more: str, arguments: dict[str, Any]) -> None:
    one = delivered(tmp_path, more, **arguments)
    assert one.projects.keys() == {"Build", "SelfMutate", "DockerAssets"}
    assert "dynamodb" not in json.dumps(one.template)
    assert "--register" not in json.dumps(one.build)


def test_other_numbers_change_nothing_of_the_pipeline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else it would change itself, and begin anew with the next numbers, for ever."""
    before = delivered(tmp_path / "before", CODECOMMIT)
    monkeypatch.setenv("INFERWATCH_NUMBERS", '{"dev":[3,11]}')
    after = delivered(tmp_path / "after", CODECOMMIT)
    assert after.template == before.template
    (stage,) = (tmp_path / "after" / "cdk.out").glob("assembly-*/*.template.json")
    outputs = json.loads(stage.read_text())["Outputs"]
    assert (outputs["ModelVersion"]["Value"], outputs["DeploymentId"]["Value"]) == ("3", "11")


def test_what_uploads_may_take_the_roles_for_that_and_no_others(accounts: Delivered, alone: Delivered) -> None:
    assert assumed(accounts.statements("DockerAssets")) == {ROLE.format(a, "image-publishing") for a in (DEV, PROD)}
    assert assumed(alone.statements("FileAssets")) == {ROLE.format(ACCOUNT, "file-publishing")}


def test_what_changes_the_pipeline_stays_in_its_account(accounts: Delivered) -> None:
    statements = accounts.statements("SelfMutate")
    assert assumed(statements) == {ROLE.format(PROD, name) for name in ("deploy", "file-publishing")}
    (looks,) = [s for s in statements if s["Action"] == "cloudformation:DescribeStacks"]
    assert [arn.split("/")[1] for arn in looks["Resource"]] == ["CDKToolkit", "abc-corp-claim-adder-delivery"]


def test_the_pipeline_starts_its_builds_and_takes_the_deploying_roles(accounts: Delivered) -> None:
    statements = accounts.of_pipeline()
    (builds,) = [s for s in statements if "codebuild:StartBuild" in s["Action"]]
    assert len(builds["Resource"]) == len(accounts.projects)
    assert assumed(statements) == {ROLE.format(account, "deploy") for account in (DEV, PROD)}


def test_builds_log_into_a_group_of_their_own(accounts: Delivered, alone: Delivered) -> None:
    for one, days, has_key in ((accounts, 90, False), (alone, 400, True)):
        (group,) = one.all("Logs::LogGroup")
        assert group["LogGroupName"] == "/abc_corp/claim/adder/delivery"
        assert (group["RetentionInDays"], "KmsKeyId" in group) == (days, has_key)
        configs = [each["LogsConfig"]["CloudWatchLogs"] for each in one.projects.values()]
        assert [config["GroupName"] for config in configs] == [group["LogGroupName"]] * len(configs)
        for name in one.projects:
            writes = [s for s in one.statements(name) if "logs:PutLogEvents" in s["Action"]]
            assert [s["Resource"] for s in writes] == [
                f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/abc_corp/claim/adder/delivery:*"
            ]


def test_what_is_handed_on_is_encrypted_private_and_short_lived(alone: Delivered) -> None:
    (bucket,), (policy,) = alone.all("S3::Bucket"), alone.all("S3::BucketPolicy")
    (rule,) = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert rule["ServerSideEncryptionByDefault"]["SSEAlgorithm"] == "aws:kms"
    assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
    assert bucket["LifecycleConfiguration"]["Rules"][0]["ExpirationInDays"] == 30
    denied = [s["Condition"] for s in policy["PolicyDocument"]["Statement"] if s["Effect"] == "Deny"]
    assert {"Bool": {"aws:SecureTransport": "false"}} in denied
    (pipeline,) = alone.all("CodePipeline::Pipeline")
    key = pipeline["ArtifactStore"]["EncryptionKey"]["Id"]
    assert [each["EncryptionKey"] for each in alone.projects.values()] == [key] * len(alone.projects)


def test_no_policy_is_wider_than_it_could_be(synthesized: Synthesized) -> None:
    every = [policy for template in synthesized.templates.values() for policy in policies(template)]
    assert len(every) > 16
    assert [problem for policy in every for problem in too_wide(policy)] == []
    found = [
        f"{policy.where}: {finding}"
        for policy in every
        if policy.kind == "identity"
        for finding in parliament().analyze_policy_string(json.dumps(policy.document)).findings
        # Parliament's table is older than the name that CodeStar's connections have now.
        if "codeconnections" not in str(finding)
    ]
    assert found == []


def test_cfn_lint_has_nothing_to_say(synthesized: Synthesized) -> None:
    from cfnlint import api

    for template in synthesized.templates.values():
        found = [str(match) for match in api.lint(json.dumps(template), regions=[REGION])]
        assert [each for each in found if NOT_OF_THE_RULE not in each] == []


def test_cdk_nag_s_findings_are_acknowledged_each_by_its_id(synthesized: Synthesized) -> None:
    (plugin,) = synthesized.report["pluginReports"]
    assert plugin["violations"] == []
    found = [v for v in plugin["suppressedViolations"] if "/Pipeline/Delivery/" in v["acknowledgedAt"]]
    kinds = {v["ruleName"].removeprefix("AwsSolutions-").partition("Arn>")[0] for v in found}
    assert {kind for kind in kinds if not kind.startswith("IAM5[Resource::")} == {
        "IAM5[Action::kms:GenerateDataKey*]",
        "IAM5[Action::kms:ReEncrypt*]",
    }
    stacks = {name for v in found if ":stack/" in v["ruleName"] for name in [v["acknowledgedAt"].split("/")[3]]}
    assert stacks == {"UpdatePipeline"}
    everywhere = synthesized.acknowledged("accounts") | synthesized.acknowledged("alone")
    assert everywhere == {
        (v["acknowledgedAt"], v["acknowledgedId"])
        for v in plugin["suppressedViolations"]
        if any(where == v["acknowledgedAt"] for where, _ in everywhere)
    }


def test_a_new_version_of_the_model_changes_nothing_of_the_pipeline(tmp_path: Path) -> None:
    """What is uploaded stands in a file of the assembly, and not in the pipeline."""
    more = CODECOMMIT + '[function]\npackage = "zip"\n'
    before = delivered(tmp_path / "before", more)
    small_model(tmp_path / "after" / "model", more)
    (tmp_path / "after" / "model" / "more.py").write_text("VERSION = 2\n")
    assert delivered(tmp_path / "after", more).template == before.template
    uploads = [next((tmp_path / each / "cdk.out").glob("buildspec-*")).read_text() for each in ("before", "after")]
    assert uploads[0] != uploads[1]


def test_it_can_be_told_to_leave_itself_alone_and_to_run_other_commands(tmp_path: Path) -> None:
    one = delivered(
        tmp_path,
        CODECOMMIT,
        self_update=False,
        install=["pip install -r build.txt"],
        commands=["tox", "inferwatch synth --pipeline"],
        environment={"PIP_INDEX_URL": "https://packages.abc.example/simple"},
    )
    assert list(one.stages) == ["Source", "Build", "Assets", "dev"]
    assert one.projects.keys() == {"Build", "DockerAssets"}
    assert one.build["phases"]["install"]["commands"] == ["pip install -r build.txt"]
    assert one.build["phases"]["build"]["commands"] == ["tox", "inferwatch synth --pipeline"]
    variables = one.projects["Build"]["Environment"]["EnvironmentVariables"]
    assert [(v["Name"], v["Value"]) for v in variables] == [("PIP_INDEX_URL", "https://packages.abc.example/simple")]


def test_images_for_arm64_are_built_on_such_a_machine(tmp_path: Path) -> None:
    one = delivered(tmp_path, CODECOMMIT + '[function]\narchitecture = "arm64"\n')
    kinds = {name: each["Environment"]["Type"] for name, each in one.projects.items()}
    assert kinds.pop("DockerAssets") == "ARM_CONTAINER"
    assert kinds == dict.fromkeys(("Build", "SelfMutate", "dev/Register"), "LINUX_CONTAINER")


def test_iam_knows_an_old_connection_by_its_old_name(tmp_path: Path) -> None:
    one = delivered(tmp_path, GITHUB.replace("codeconnections", "codestar-connections"))
    assert "codestar-connections:UseConnection" in [s["Action"] for s in one.of_pipeline()]


def test_the_stack_stands_with_its_last_stage(tmp_path: Path) -> None:
    from inferwatch.cdk import pipeline_app

    spec = small_model(tmp_path / "model", GITHUB + 'stages = ["prod", "dev"]\n' + TWO_ACCOUNTS, "prod")
    app = pipeline_app(spec, tmp_path / "cdk.out", builtin_cloud_formation_validation=False)
    (stack,) = app.node.children
    assert (stack.stack_name, stack.account, stack.region) == (  # type: ignore[attr-defined]
        "abc-corp-claim-adder-delivery",
        DEV,
        "eu-central-1",
    )
    assert list(stack.delivery.stacks) == ["prod", "dev"]  # type: ignore[attr-defined]


def test_versions_are_those_that_deploy_uses() -> None:
    from inferwatch.cdk.pipeline.pipeline import CLI_VERSION
    from inferwatch.cli.deployment.cdk_cli import PACKAGE

    assert f"aws-cdk@{CLI_VERSION}" == PACKAGE


@pytest.mark.parametrize(
    ("more", "key", "says"),
    [
        ("", "pipeline", "is missing"),
        (CODECOMMIT + "[environment.x]\n", "environment.x", "cannot be a stage"),
        (CODECOMMIT + "[environment.Build]\n", "environment.Build", "cannot be a stage"),
        (
            CODECOMMIT + "[environment.dev]\n[environment.prod]\n",
            "environment.prod.model.namespace",
            "log group of dev",
        ),
        (
            CODECOMMIT + TWO_ACCOUNTS.replace('account = "111111111111", ', ""),
            "environment.dev.aws.account",
            "give it for each, or for none",
        ),
        (
            CODECOMMIT + TWO_ACCOUNTS.replace("eu-central-1", "eu-west-1", 1),
            "environment.dev.aws.region",
            "eu-west-1 is not that of prod, eu-central-1",
        ),
        (
            CODECOMMIT
            + TWO_ACCOUNTS.replace("[environment.prod]", 'function.architecture = "arm64"\n[environment.prod]'),
            "environment.prod.function.architecture",
            "the same for all images",
        ),
        (
            CODECOMMIT + TWO_ACCOUNTS + 'pipeline.branch = "live"\n',
            "environment.dev.pipeline",
            "one for all environments",
        ),
    ],
)
def test_what_no_pipeline_can_deploy_is_said(tmp_path: Path, more: str, key: str, says: str) -> None:
    from inferwatch.cdk.pipeline.stages import stages

    declared = re.findall(r"^\[environment\.(\w+)\]", more, re.M)
    small_model(tmp_path, more, declared[-1] if declared else None)
    with pytest.raises(SpecError, match=says) as caught:
        stages(tmp_path)
    assert caught.value.key == key


def test_a_log_of_builds_that_is_there_already_is_used(tmp_path: Path) -> None:
    """As an earlier `destroy --pipeline --keep-logs` leaves it."""
    from aws_cdk import App
    from aws_cdk import aws_logs as logs

    from inferwatch.cdk import PipelineStack
    from inferwatch.cdk.existing import CONTEXT

    small_model(tmp_path, CODECOMMIT)
    for there, made in (([], 1), (["/abc_corp/claim/adder/delivery"], 0)):
        app = App(context={CONTEXT: there}, outdir=str(tmp_path / "cdk.out"))
        found = PipelineStack(app, "pipeline", spec=tmp_path).delivery.node.find_child("Logs").node.find_all()
        assert sum(isinstance(one, logs.CfnLogGroup) for one in found) == made
