"""What the roles of a pipeline may do, in place of the wider policies that CDK's pipelines write for them.

Of AWS's pages on the service roles of CodePipeline and CodeBuild, and of CDK's on its bootstrap stack.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from aws_cdk import ArnFormat, DefaultStackSynthesizer, Stack
from aws_cdk import aws_codebuild as codebuild
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from constructs import Construct, IConstruct

from inferwatch.cdk import acknowledged
from inferwatch.cdk.pipeline.artifacts import PipelineArtifacts
from inferwatch.spec.pipeline import PipelineSpec

BOOTSTRAP_STACK = "CDKToolkit"


class PipelineRoles:
    """The statements of one pipeline's roles. targets: the stacks that it deploys."""

    def __init__(
        self, stack: Stack, *, artifacts: PipelineArtifacts, log_group: logs.ILogGroup, targets: Sequence[Stack]
    ) -> None:
        self._stack = stack
        self._artifacts = artifacts
        self._log_group = log_group
        self._targets = targets

    def pipeline(self, role: IConstruct, spec: PipelineSpec, projects: Iterable[codebuild.IProject]) -> None:
        """It fetches the source, starts the builds, and takes the roles that CDK's bootstrap made for deployments."""
        builds = iam.PolicyStatement(
            actions=["codebuild:BatchGetBuilds", "codebuild:StartBuild", "codebuild:StopBuild"],
            resources=[project.project_arn for project in projects],
        )
        # A connection's source is written with an ACL, though the bucket goes by none.
        artifacts = self._artifacts.writing(*(["s3:PutObjectAcl"] if spec.connection else []))
        _replace(role, [*artifacts, builds, self._source(spec), assume(deploy_roles(self._targets))])
        self._artifacts.acknowledge(_policy(role), writes=True)

    def synth(self, role: IConstruct, registers: Sequence[iam.PolicyStatement]) -> None:
        """It takes the source and hands on the templates: nothing of AWS else, but to have them numbered."""
        _replace(role, [*self._artifacts.writing(), self._logging(), *registers])
        self._artifacts.acknowledge(_policy(role), writes=True)

    def register(self, role: IConstruct, statement: iam.PolicyStatement) -> None:
        """It takes the source, and tells the registry."""
        _replace(role, [*self._artifacts.reading(), self._logging(), statement])
        self._artifacts.acknowledge(_policy(role))

    def publishing(self, role: IConstruct, kind: str) -> None:
        """It uploads what the templates refer to. kind: `file` or `image`."""
        _replace(role, [*self._artifacts.reading(), self._logging(), assume(publishing_roles(self._targets, kind))])
        self._artifacts.acknowledge(_policy(role))

    def self_update(self, role: IConstruct) -> None:
        """It changes the pipeline's own stack, by the roles of its own account and region alone."""
        looks = iam.PolicyStatement(
            actions=["cloudformation:DescribeStacks"],
            resources=[self._stack_arn(BOOTSTRAP_STACK), self._stack_arn(self._stack.stack_name)],
        )
        own = [*deploy_roles([self._stack]), *publishing_roles([self._stack], "file")]
        _replace(role, [*self._artifacts.reading(), self._logging(), looks, assume(own)])
        self._artifacts.acknowledge(_policy(role))
        for arn in looks.resources:
            acknowledged.wildcard(_policy(role), arn, "CloudFormation makes up the end of a stack's ARN.")

    def _source(self, spec: PipelineSpec) -> iam.PolicyStatement:
        if spec.connection is not None:
            # The service was renamed; IAM goes by the name that stands in the connection's ARN.
            service = spec.connection.split(":")[2]
            return iam.PolicyStatement(actions=[f"{service}:UseConnection"], resources=[spec.connection])
        archive = ["UploadArchive", "GetUploadArchiveStatus", "CancelUploadArchive"]
        return iam.PolicyStatement(
            actions=[f"codecommit:{name}" for name in ("GetBranch", "GetCommit", *archive)],
            resources=[self._stack.format_arn(service="codecommit", resource=spec.repository)],
        )

    def _logging(self) -> iam.PolicyStatement:
        return iam.PolicyStatement(
            actions=["logs:CreateLogStream", "logs:PutLogEvents"], resources=[self._log_group.log_group_arn]
        )

    def _stack_arn(self, name: str) -> str:
        return self._stack.format_arn(service="cloudformation", resource="stack", resource_name=f"{name}/*")


def assume(roles: Sequence[str]) -> iam.PolicyStatement:
    return iam.PolicyStatement(actions=["sts:AssumeRole"], resources=list(roles))


def deploy_roles(stacks: Iterable[Stack]) -> list[str]:
    """ARNs of the roles that create change sets, one for each account and region of the stacks."""
    return _bootstrapped(stacks, "deploy")


def publishing_roles(stacks: Iterable[Stack], kind: str) -> list[str]:
    """ARNs of the roles that upload. kind: `file` or `image`."""
    return _bootstrapped(stacks, f"{kind}-publishing")


def _bootstrapped(stacks: Iterable[Stack], name: str) -> list[str]:
    return list(dict.fromkeys(_role_arn(stack, name) for stack in stacks))


def _role_arn(stack: Stack, name: str) -> str:
    qualifier = stack.synthesizer.bootstrap_qualifier or DefaultStackSynthesizer.DEFAULT_QUALIFIER
    return stack.format_arn(
        service="iam",
        region="",
        resource="role",
        resource_name=f"cdk-{qualifier}-{name}-role-{stack.account}-{stack.region}",
        arn_format=ArnFormat.SLASH_RESOURCE_NAME,
    )


def _policy(role: IConstruct) -> Construct:
    found = role.node.find_child("DefaultPolicy")
    assert isinstance(found, Construct)
    return found


def _replace(role: IConstruct, statements: Sequence[iam.PolicyStatement]) -> None:
    policy = _policy(role).node.default_child
    assert isinstance(policy, iam.CfnPolicy)
    policy.policy_document = iam.PolicyDocument(statements=list(statements), minimize=True)
