"""The step by which a stage of a pipeline tells the registry that it is deployed."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from typing import NamedTuple

from aws_cdk import Stack, pipelines
from aws_cdk import aws_codebuild as codebuild
from aws_cdk import aws_iam as iam

from inferwatch.cdk.outputs import DEPLOYMENT_ID, URL
from inferwatch.cdk.stack import ModelStack
from inferwatch.cloudwatch.names import REGISTRY_MODELS, REGISTRY_TABLE
from inferwatch.spec.monitor_spec import MonitorSpec
from inferwatch.spec.pipeline import PipelineSpec

OPTION = "--register"
"""Of `inferwatch synth --pipeline`, by which the build has the stages numbered."""

_READS = ["dynamodb:GetItem", "dynamodb:Query"]
"""What both need: the build, which allots the numbers, and a stage that is deployed."""
_BEGINS = ["dynamodb:ConditionCheckItem", "dynamodb:PutItem"]
_SERVES = ["dynamodb:PutItem", "dynamodb:UpdateItem"]
_VARIABLES = {"DEPLOYMENT": DEPLOYMENT_ID, "ENDPOINT": URL}
"""Of the step, and of which output of the stage's stack each is: a number in the pipeline would change it each run."""


class Run(NamedTuple):
    """How a step comes to the project's programs. install: commands; python: its version."""

    source: pipelines.IFileSetProducer
    install: list[str]
    python: codebuild.BuildSpec


def step(stack: ModelStack, asked: PipelineSpec, run: Run) -> pipelines.CodeBuildStep:
    """After a stage's deployment, by the source and what the build installs."""
    given = {name: stack.outputs[of] for name, of in _VARIABLES.items() if of in stack.outputs}
    options = "".join(f' --{name.lower()} "${name}"' for name in given)
    folder, environment = shlex.quote(asked.folder), shlex.quote(stack.spec.identity.environment)
    return pipelines.CodeBuildStep(
        "Register",
        input=run.source,
        install_commands=run.install,
        commands=[f"inferwatch register {folder} --environment {environment}{options}"],
        env_from_cfn_outputs=given,
        partial_build_spec=run.python,
    )


def begins(stack: Stack, specs: Sequence[MonitorSpec]) -> iam.PolicyStatement:
    """What the build may do in the registry: read what the models have, and put more beside it."""
    return _statement(stack, [*_READS, *_BEGINS], [*_groups(specs), REGISTRY_MODELS])


def serves(stack: Stack, spec: MonitorSpec) -> iam.PolicyStatement:
    """What a stage may do there."""
    return _statement(stack, [*_READS, *_SERVES], _groups([spec]))


def _groups(specs: Sequence[MonitorSpec]) -> list[str]:
    return list(dict.fromkeys(spec.identity.log_group for spec in specs))


def _statement(stack: Stack, actions: list[str], keys: list[str]) -> iam.PolicyStatement:
    """In the registry of the pipeline's own account and region."""
    return iam.PolicyStatement(
        actions=actions,
        resources=[stack.format_arn(service="dynamodb", resource="table", resource_name=REGISTRY_TABLE)],
        conditions={
            "ForAllValues:StringEquals": {"dynamodb:LeadingKeys": keys},
            "Null": {"dynamodb:LeadingKeys": "false"},  # or the line above would hold of a call without keys
        },
    )
