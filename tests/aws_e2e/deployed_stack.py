"""A synthesized stack, given to MiniStack: its assets to S3, its template to CloudFormation."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Collection
from io import BytesIO
from pathlib import Path
from typing import Any

from ministack_process import ACCOUNT, REGION, MiniStack

BOOTSTRAP_VERSION = "/cdk-bootstrap/hnb659fds/version"
ASSETS = f"cdk-hnb659fds-assets-{ACCOUNT}-{REGION}"


class DeployedStack:
    """A stack that MiniStack has made. resources: physical ids by logical id; outputs: by name."""

    def __init__(self, ministack: MiniStack, name: str, template: dict[str, Any]) -> None:
        cloudformation = ministack.client("cloudformation")
        found = cloudformation.describe_stack_resources(StackName=name)["StackResources"]
        self.template = template
        self.resources = {each["LogicalResourceId"]: each["PhysicalResourceId"] for each in found}
        described = cloudformation.describe_stacks(StackName=name)["Stacks"][0]
        self.outputs = {each["OutputKey"]: each["OutputValue"] for each in described.get("Outputs", ())}

    def the(self, kind: str) -> str:
        """The physical id of the one resource of this type."""
        (logical_id,) = logical_ids(self.template, kind)
        return self.resources[logical_id]


def logical_ids(template: dict[str, Any], kind: str) -> list[str]:
    return [logical_id for logical_id, each in template["Resources"].items() if each["Type"] == kind]


def synthesized(assembly: Path, stack: str) -> dict[str, Any]:
    """The template of one stack of a cloud assembly."""
    template: dict[str, Any] = json.loads((assembly / f"{stack}.template.json").read_text())
    return template


def bootstrap(ministack: MiniStack) -> None:
    """What of `cdk bootstrap` a deployment of templates needs: the assets' bucket, and the version's parameter."""
    ministack.client("ssm").put_parameter(Name=BOOTSTRAP_VERSION, Value="30", Type="String")
    ministack.client("s3").create_bucket(Bucket=ASSETS, CreateBucketConfiguration={"LocationConstraint": REGION})


def deploy(ministack: MiniStack, assembly: Path, stack: str, template: dict[str, Any]) -> DeployedStack:
    """Make `template`, of `stack` of the assembly, in a bootstrapped account.

    Raises AssertionError with what CloudFormation says where a resource cannot be made.
    """
    _upload_assets(ministack, assembly, stack)
    cloudformation = ministack.client("cloudformation")
    capabilities = ["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM"]
    cloudformation.create_stack(StackName=stack, TemplateBody=json.dumps(template), Capabilities=capabilities)
    waiter = cloudformation.get_waiter("stack_create_complete")
    try:
        waiter.wait(StackName=stack, WaiterConfig={"Delay": 1, "MaxAttempts": 60})
    except Exception as error:
        events = cloudformation.describe_stack_events(StackName=stack)["StackEvents"]
        failed = [f"{e['LogicalResourceId']}: {e.get('ResourceStatusReason')}" for e in events]
        raise AssertionError(f"{stack} was not made: {failed}") from error
    return DeployedStack(ministack, stack, template)


def _upload_assets(ministack: MiniStack, assembly: Path, stack: str) -> None:
    s3 = ministack.client("s3")
    for asset in json.loads((assembly / f"{stack}.assets.json").read_text())["files"].values():
        for to in asset["destinations"].values():
            bucket = to["bucketName"].replace("${AWS::AccountId}", ACCOUNT).replace("${AWS::Region}", REGION)
            s3.put_object(Bucket=bucket, Key=to["objectKey"], Body=_content(assembly, asset["source"]))


def _content(assembly: Path, source: dict[str, str]) -> bytes:
    path = assembly / source["path"]
    if source["packaging"] == "file":
        return path.read_bytes()
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for file in sorted(each for each in path.rglob("*") if each.is_file()):
            archive.write(file, file.relative_to(path))
    return packed.getvalue()


def without(template: dict[str, Any], left_out: Collection[str]) -> dict[str, Any]:
    """The template without these resources, and without what only says that others come after or belong to them."""
    resources = {}
    for logical_id, declared in template["Resources"].items():
        if logical_id in left_out:
            continue
        resource = {name: value for name, value in declared.items() if name != "UpdatePolicy"}
        after = resource.pop("DependsOn", [])
        after = [after] if isinstance(after, str) else after
        resources[logical_id] = {**resource, "DependsOn": [each for each in after if each not in left_out]}
    return {**template, "Resources": resources}
