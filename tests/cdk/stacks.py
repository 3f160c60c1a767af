"""The stacks that the tests look at: one App, checked by cdk-nag's AwsSolutions."""

from __future__ import annotations

from pathlib import Path

import msgspec
from aws_cdk import App, Environment, Stack, Validations
from aws_cdk import aws_logs as logs
from aws_cdk import aws_sns as sns
from cdk_nag import AwsSolutionsChecks
from synthesis import SPECS

from inferwatch.cdk import ModelMonitoring, ModelStack
from inferwatch.cloudwatch.names import names
from inferwatch.spec import load_spec

EXAMPLES = SPECS.parents[2] / "examples"
MODELS = {
    "digits": (EXAMPLES / "digits", "dev"),  # an image behind an HTTP API
    "rich": (SPECS / "rich", "prod"),  # a zip behind a REST API, and all that a spec can turn on
    "bare": (SPECS / "bare", "dev"),  # a function alone
}
FRANKFURT = Environment(account="123456789012", region="eu-central-1")


def synthesize(folder: Path) -> None:
    """Write the assembly of all stacks to `folder`, with the report of what cdk-nag found."""
    app = App(builtin_cloud_formation_validation=False, outdir=str(folder))
    for name, (folder_of_model, environment) in MODELS.items():
        ModelStack(app, name, spec=load_spec(folder_of_model, environment, {}))
    _alone(app)
    _watched(app)
    _given_topic(app)
    Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    try:
        app.synth()
    except RuntimeError:
        if not (folder / "validation-report.json").exists():  # what was found is a test's to say
            raise


def _alone(app: App) -> None:
    """Monitoring over a function and a log group that are there already."""
    spec = load_spec(SPECS / "alone")
    stack = Stack(app, "alone")
    there = logs.LogGroup.from_log_group_name(stack, "There", "/pricing/quotes")
    called = msgspec.structs.replace(names(spec), function="quotes-of-old")
    ModelMonitoring(stack, "Monitoring", spec=spec, log_group=there, called=called)


def _watched(app: App) -> None:
    """Monitoring with all that a spec can ask for, over log groups that the stack makes. The spec is a path."""
    stack = Stack(app, "watched")
    ModelMonitoring(
        stack,
        "Monitoring",
        spec=SPECS / "rich",
        log_group=logs.LogGroup(stack, "Lines", log_group_name="/abc_corp/claim/doc_classification"),
        access_log_group=logs.LogGroup(stack, "Access"),
    )


def _given_topic(app: App) -> None:
    """Monitoring that publishes to a topic of the user's own, in a stack whose account and region are known."""
    spec = load_spec(SPECS / "rich", "prod")
    stack = Stack(app, "given-topic", env=FRANKFURT)
    group = logs.LogGroup(stack, "Lines")
    topic = sns.Topic.from_topic_arn(stack, "Ours", "arn:aws:sns:eu-central-1:123456789012:ours")
    ModelMonitoring(stack, "Monitoring", spec=spec, log_group=group, topic=topic)
