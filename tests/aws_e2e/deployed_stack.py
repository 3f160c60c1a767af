"""A synthesized stack, given to MiniStack: its assets to S3, its template to CloudFormation."""

from __future__ import annotations

import json
import time
import zipfile
from collections.abc import Collection
from io import BytesIO
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError
from emulator_process import PATIENCE
from ministack_process import ACCOUNT, REGION, MiniStack

BOOTSTRAP_VERSION = "/cdk-bootstrap/hnb659fds/version"
ASSETS = f"cdk-hnb659fds-assets-{ACCOUNT}-{REGION}"


class DeployedStack:
    """A stack that MiniStack has made. name: CloudFormation's; template: as it was given."""

    def __init__(self, ministack: MiniStack, name: str, template: dict[str, Any]) -> None:
        cloudformation = ministack.client("cloudformation")
        found = cloudformation.describe_stack_resources(StackName=name)["StackResources"]
        described = cloudformation.describe_stacks(StackName=name)["Stacks"][0]
        self.name = name
        self.template = template
        self.physical_ids: dict[str, str] = {each["LogicalResourceId"]: each["PhysicalResourceId"] for each in found}
        self.outputs = {each["OutputKey"]: each["OutputValue"] for each in described["Outputs"]}

    def the(self, kind: str) -> str:
        """The physical id of the one resource of this type."""
        (logical_id,) = logical_ids(self.template, kind)
        return self.physical_ids[logical_id]

    def properties(self, kind: str) -> list[dict[str, Any]]:
        """The properties of all resources of this type, references replaced by what they refer to."""
        resources = self.template["Resources"]
        return [self.referred(resources[each]["Properties"]) for each in logical_ids(self.template, kind)]

    def referred(self, value: Any) -> Any:
        """`value` with every reference to a resource replaced by that resource's physical id."""
        if isinstance(value, list):
            return [self.referred(each) for each in value]
        if not isinstance(value, dict):
            return value
        if value.get("Ref") in self.physical_ids:
            return self.physical_ids[value["Ref"]]
        if "Fn::GetAtt" in value:
            return self.physical_ids.get(value["Fn::GetAtt"][0], value)
        return {name: self.referred(each) for name, each in value.items()}


def logical_ids(template: dict[str, Any], kind: str) -> list[str]:
    return [logical_id for logical_id, each in template["Resources"].items() if each["Type"] == kind]


def synthesized(assembly: Path, artifact: str) -> dict[str, Any]:
    """The template of one stack of a cloud assembly."""
    template: dict[str, Any] = json.loads((assembly / f"{artifact}.template.json").read_text())
    return template


def bootstrap(ministack: MiniStack) -> None:
    """What of `cdk bootstrap` a deployment of templates needs: the assets' bucket, and the version's parameter."""
    ministack.client("ssm").put_parameter(Name=BOOTSTRAP_VERSION, Value="30", Type="String")
    ministack.client("s3").create_bucket(Bucket=ASSETS, CreateBucketConfiguration={"LocationConstraint": REGION})


def deploy(ministack: MiniStack, assembly: Path, artifact: str, template: dict[str, Any]) -> DeployedStack:
    """Make `template`, of one stack of the assembly, in a bootstrapped account.

    Raises AssertionError with what CloudFormation says where a resource cannot be made.
    """
    _upload_assets(ministack, assembly, artifact)
    manifest = json.loads((assembly / "manifest.json").read_text())
    name = manifest["artifacts"][artifact]["properties"].get("stackName", artifact)
    failures = create(ministack, name, template)
    assert not failures, f"{name} was not made: {failures}"
    return DeployedStack(ministack, name, template)


def create(ministack: MiniStack, name: str, template: dict[str, Any]) -> dict[str, str]:
    """Create a stack and wait for it; gives why, for each resource that cannot be made."""
    cloudformation = ministack.client("cloudformation")
    capabilities = ["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM"]
    url = _url(ministack, name, template)
    try:
        cloudformation.create_stack(StackName=name, TemplateURL=url, Capabilities=capabilities)
    except ClientError as error:
        return {name: str(error)}
    deadline = time.monotonic() + PATIENCE
    while (status := _status(ministack, name)).endswith("_IN_PROGRESS"):
        assert time.monotonic() < deadline, f"{name} is still {status}"
        time.sleep(0.05)
    events = cloudformation.describe_stack_events(StackName=name)["StackEvents"]
    failed = {
        e["LogicalResourceId"]: e["ResourceStatusReason"] for e in events if e["ResourceStatus"] == "CREATE_FAILED"
    }
    return failed if status != "CREATE_COMPLETE" else {}


def _url(ministack: MiniStack, name: str, template: dict[str, Any]) -> str:
    """The template in the assets' bucket, as `cdk deploy` puts it there: a body of its own may have 51,200 bytes."""
    key = f"{name}.template.json"
    ministack.client("s3").put_object(Bucket=ASSETS, Key=key, Body=json.dumps(template).encode())
    return f"{ministack.url}/{ASSETS}/{key}"


def _status(ministack: MiniStack, name: str) -> str:
    described = ministack.client("cloudformation").describe_stacks(StackName=name)
    return str(described["Stacks"][0]["StackStatus"])


def _upload_assets(ministack: MiniStack, assembly: Path, artifact: str) -> None:
    s3 = ministack.client("s3")
    for asset in json.loads((assembly / f"{artifact}.assets.json").read_text())["files"].values():
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
