"""The pipelines that the tests look at: one App, checked by cdk-nag's AwsSolutions."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NamedTuple

import synthesis
from intrinsics import Template, resolved
from small_model import small_model

CONNECTION = "arn:aws:codeconnections:eu-central-1:222222222222:connection/6b1d1a0c-0000-4000-8000-000000000000"
GITHUB = f'[pipeline]\nrepository = "abc/claims"\nconnection = "{CONNECTION}"\n'
CODECOMMIT = '[pipeline]\nsource = "codecommit"\nrepository = "claims"\n'
REGION = 'region = "eu-central-1"'
TWO_ACCOUNTS = f"""
[environment.dev]
aws = {{ account = "111111111111", {REGION} }}
[environment.prod]
aws = {{ account = "222222222222", {REGION} }}
"""
# An image in two accounts, approved for the second; a zip in one account, from a folder of the repository.
SPECS = {
    "accounts": GITHUB + 'approve = ["prod"]\n' + TWO_ACCOUNTS,
    "alone": CODECOMMIT
    + 'folder = "models/the adder"\nbranch = "release"\n[function]\npackage = "zip"\npython = "3.12"\n'
    "[logs]\ncustomer_key = true\nretention_days = 400\n",
}


class Delivered(NamedTuple):
    """One pipeline's template, and what the tests ask of it, with intrinsic functions worked out."""

    template: Template

    def all(self, kind: str) -> list[dict[str, Any]]:
        found = resolved(self.template)["Resources"].values()
        return [each["Properties"] for each in found if each["Type"] == f"AWS::{kind}"]

    @property
    def stages(self) -> dict[str, list[dict[str, Any]]]:
        """The actions of each stage."""
        (pipeline,) = self.all("CodePipeline::Pipeline")
        return {stage["Name"]: stage["Actions"] for stage in pipeline["Stages"]}

    @property
    def projects(self) -> dict[str, dict[str, Any]]:
        """The builds, by the last word of what they are for; of a stage's, with the stage: `dev/Register`."""
        found = {}
        for each in self.all("CodeBuild::Project"):
            *_, stage, name = each["Description"].split("/")
            found[f"{stage}/{name}" if name == "Register" else name] = each
        return found

    @property
    def build(self) -> dict[str, Any]:
        """The buildspec of the step that tests the model and makes the templates."""
        spec: dict[str, Any] = json.loads(self.projects["Build"]["Source"]["BuildSpec"])
        return spec

    def statements(self, project: str) -> list[dict[str, Any]]:
        """What the role of a build may do."""
        return self._of_role(self.projects[project]["ServiceRole"])

    def of_pipeline(self) -> list[dict[str, Any]]:
        """What the pipeline's own role may do."""
        (pipeline,) = self.all("CodePipeline::Pipeline")
        return self._of_role(pipeline["RoleArn"])

    def _of_role(self, arn: str) -> list[dict[str, Any]]:
        name = arn.rpartition("/")[2]
        return [s for p in self.all("IAM::Policy") if name in p["Roles"] for s in p["PolicyDocument"]["Statement"]]


def delivered(folder: Path, more: str, **arguments: Any) -> Delivered:
    """The template of a pipeline of a small model. arguments: of the DeliveryPipeline."""
    from aws_cdk import App, assertions

    from inferwatch.cdk import PipelineStack

    small_model(folder / "model", more, "prod" if "[environment.prod]" in more else None)
    app = App(builtin_cloud_formation_validation=False, outdir=str(folder / "cdk.out"))
    stack = PipelineStack(app, spec=folder / "model", build=arguments)
    return Delivered(assertions.Template.from_stack(stack).to_json())


def synthesize(folder: Path) -> synthesis.Synthesized:
    """Both, with what cdk-nag says of them and of what they deploy."""
    from aws_cdk import App, Validations
    from cdk_nag import AwsSolutionsChecks

    from inferwatch.cdk import PipelineStack

    app = App(builtin_cloud_formation_validation=False, outdir=str(folder / "cdk.out"))
    for name, more in SPECS.items():
        small_model(folder / name, more, "prod" if name == "accounts" else None)
        PipelineStack(app, name, spec=folder / name)
    Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    app.synth()  # raises where something is found
    return synthesis.read(folder / "cdk.out")
