"""The pipeline that tests a model and deploys it, environment after environment, on CDK's pipelines."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any

from aws_cdk import CfnResource, RemovalPolicy, Stack, Stage, pipelines
from aws_cdk import aws_codebuild as codebuild
from aws_cdk import aws_codecommit as codecommit
from aws_cdk import aws_codepipeline as codepipeline
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from constructs import Construct, IConstruct

from inferwatch.cdk import existing
from inferwatch.cdk.given import Given
from inferwatch.cdk.log_group import KEPT, log_group, log_key
from inferwatch.cdk.pipeline import registering, stages
from inferwatch.cdk.pipeline.artifacts import PipelineArtifacts
from inferwatch.cdk.pipeline.roles import PipelineRoles, deploy_roles
from inferwatch.cdk.stack import ModelStack
from inferwatch.cloudwatch.names import names
from inferwatch.spec.monitor_spec import MonitorSpec

ASSEMBLY = "cdk.out"
CLI_VERSION = "2.1148.1"
"""Of the npm package aws-cdk: the newest that reads what aws-cdk-lib 2.275 writes."""
UPLOADER_VERSION = "4"
"""Of the npm package cdk-assets."""
_TRUST_CODEBUILD_ALONE = "@aws-cdk/pipelines:reduceAssetRoleTrustScope"
_ASSETS = {"file": "FileRole", "image": "DockerRole"}


class DeliveryPipeline(Construct):
    """Source, tests and templates, uploads, and a stage for each environment of `[pipeline]`.

    Its builds run the project's own `make install`, `make test` and `make synth`, or the `install` and `commands`
    given; environment: variables of that build, such as PIP_INDEX_URL. self_update: the pipeline changes itself as its
    spec does, before it deploys. removal_policy: of the builds' logs and their key. Raises SpecError, DeployError.

    The build has the registry number what is deployed, and each stage says there that it serves; not where the spec
    numbers by itself, or `inferwatch synth` has no `--register` in commands of one's own.

    pipeline, log_group, artifacts; stacks: what it deploys, by environment.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        spec: Given,
        install: Sequence[str] = (),
        commands: Sequence[str] = (),
        environment: Mapping[str, str] | None = None,
        self_update: bool = True,
        removal_policy: RemovalPolicy = KEPT,
    ) -> None:
        super().__init__(scope, id)
        self.node.set_context(_TRUST_CODEBUILD_ALONE, True)
        specs = stages.stages(spec)
        self._spec = specs[-1]
        self._pipeline = stages.declared(self._spec)
        by_itself = not commands or any(registering.OPTION in each for each in commands)
        self._registers = by_itself and self._spec.model.version is None
        self.called = names(self._spec)
        self.log_group = self._log_group(removal_policy)
        self.artifacts = PipelineArtifacts(self, "Artifacts", description=self.called.pipeline)
        self._install = list(install or self._make("install"))
        self._given = self._source()
        build = self._build(commands or self._test_and_synth(), environment or {})
        self._made = self._code_pipeline(build, specs, self_update=self_update)
        self._stages = Construct(self, "Stages")
        self._registering: dict[str, pipelines.CodeBuildStep] = {}
        self.stacks = {each.identity.environment: self._stage(each) for each in specs}
        self._made.build_pipeline()
        self.pipeline = self._made.pipeline
        self._limit(specs, self_update=self_update)

    def _log_group(self, removal_policy: RemovalPolicy) -> logs.ILogGroup:
        scope, name = Construct(self, "Logs"), f"{self._spec.identity.log_group}/delivery"
        if name in existing.log_groups(self.node):
            return logs.LogGroup.from_log_group_name(scope, "Builds", name)
        shared: dict[str, Any] = {"spec": self._spec, "removal_policy": removal_policy}
        key = log_key(scope, "Key", groups=[name], **shared)
        return log_group(scope, "Builds", name=name, key=key, **shared)

    def _make(self, target: str) -> list[str]:
        folder = PurePosixPath(self._pipeline.folder)
        where = "" if folder == PurePosixPath() else f" -C {shlex.quote(str(folder))}"
        return [f"make{where} {target}"]

    def _test_and_synth(self) -> list[str]:
        arguments = f"'--pipeline {registering.OPTION}'" if self._registers else "--pipeline"
        return [*self._make("test"), *self._make(f"synth ARGS={arguments}")]

    def _python(self) -> codebuild.BuildSpec:
        python = {"phases": {"install": {"runtime-versions": {"python": self._spec.function.python}}}}
        return codebuild.BuildSpec.from_object(python)

    def _build(self, commands: Sequence[str], environment: Mapping[str, str]) -> pipelines.CodeBuildStep:
        return pipelines.CodeBuildStep(
            "Build",
            input=self._given,
            project_name=f"{self.called.pipeline}-Build",
            install_commands=self._install,
            commands=list(commands),
            env=dict(environment),
            primary_output_directory=str(PurePosixPath(self._pipeline.folder) / ASSEMBLY),
            partial_build_spec=self._python(),
        )

    def _source(self) -> pipelines.CodePipelineSource:
        asked = self._pipeline
        if asked.connection is not None:
            return pipelines.CodePipelineSource.connection(
                asked.repository, asked.branch, connection_arn=asked.connection
            )
        repository = codecommit.Repository.from_repository_name(self, "Repository", asked.repository)
        return pipelines.CodePipelineSource.code_commit(repository, asked.branch)

    def _code_pipeline(
        self, build: pipelines.CodeBuildStep, specs: Sequence[MonitorSpec], *, self_update: bool
    ) -> pipelines.CodePipeline:
        logging = codebuild.LoggingOptions(cloud_watch=codebuild.CloudWatchLoggingOptions(log_group=self.log_group))
        return pipelines.CodePipeline(
            self,
            "Delivery",
            pipeline_name=self.called.pipeline,
            pipeline_type=codepipeline.PipelineType.V2,
            artifact_bucket=self.artifacts.given,
            use_pipeline_role_for_actions=True,
            synth=build,
            self_mutation=self_update,
            cli_version=CLI_VERSION,
            cdk_assets_cli_version=UPLOADER_VERSION,
            # One project for files and one for images, so that a new version of the model changes no project, and
            # only the one that builds an image may use Docker.
            publish_assets_in_parallel=False,
            code_build_defaults=pipelines.CodeBuildOptions(logging=logging),
            asset_publishing_code_build_defaults=pipelines.CodeBuildOptions(build_environment=_uploader(specs)),
        )

    def _stage(self, spec: MonitorSpec) -> ModelStack:
        environment = spec.identity.environment
        stage = Stage(self._stages, environment)
        stack = ModelStack(stage, spec=spec)
        question = f"Deploy {spec.identity.log_group} to {environment}?"
        before = (
            [pipelines.ManualApprovalStep("Approve", comment=question)] if environment in self._pipeline.approve else []
        )
        after = []
        if self._registers:
            run = registering.Run(self._given, self._install, self._python())
            after.append(registering.step(stack, self._pipeline, run))
            self._registering[environment] = after[0]
        self._made.add_stage(stage, pre=before, post=after)
        return stack

    def _limit(self, specs: Sequence[MonitorSpec], *, self_update: bool) -> None:
        """Let each role do what its step does, and no more."""
        targets = list(self.stacks.values())
        roles = PipelineRoles(Stack.of(self), artifacts=self.artifacts, log_group=self.log_group, targets=targets)
        built = [self._made.synth_project]
        begins = [registering.begins(Stack.of(self), specs)] if self._registers else []
        roles.synth(_role(self._made.synth_project), begins)
        for spec in specs:
            if (told := self._registering.get(spec.identity.environment)) is not None:
                built.append(told.project)
                roles.register(_role(told.project), registering.serves(Stack.of(self), spec))
        if self_update:
            built.append(self._made.self_mutation_project)
            roles.self_update(_role(self._made.self_mutation_project))
        assets = self._made.node.try_find_child("Assets")
        for kind, id in _ASSETS.items():
            if assets is not None and (role := assets.node.try_find_child(id)) is not None:
                roles.publishing(role, kind)
        if assets is not None:
            built += [child for child in assets.node.children if isinstance(child, codebuild.Project)]
        roles.pipeline(self.pipeline.role, self._pipeline, built)
        resource = self.pipeline.node.default_child
        assert isinstance(resource, CfnResource)
        # CDK says of the pipeline that it depends on its role, which its RoleArn says already.
        resource.add_metadata("cfn-lint", {"config": {"ignore_checks": ["W3005"]}})
        self.artifacts.allow_reading([iam.ArnPrincipal(arn) for arn in deploy_roles(targets)])


def _role(project: codebuild.IProject) -> IConstruct:
    assert project.role is not None
    return project.role


def _uploader(specs: Sequence[MonitorSpec]) -> codebuild.BuildEnvironment | None:
    """Where images are built: an image for arm64 on such a machine."""
    if stages.architecture(specs) == "arm64":
        return codebuild.BuildEnvironment(build_image=codebuild.LinuxArmBuildImage.AMAZON_LINUX_2023_STANDARD_3_0)
    return None
