"""Which uploads are a stack's: its template and its events say so."""

from __future__ import annotations

import json
from typing import Any

import boto3
from botocore.stub import Stubber

from inferwatch.aws.resources import assets

IMAGE, ZIP, EARLIER = ("1" * 64, "2" * 64, "3" * 64)
REPOSITORY = "123456789012.dkr.ecr.eu-central-1.amazonaws.com/cdk-hnb659fds-container-assets-123456789012-eu-central-1"


class FakeSession:
    """Its one client answers as CloudFormation would, events with properties included, which moto has not."""

    def __init__(self) -> None:
        keys = {"aws_access_key_id": "testing", "aws_secret_access_key": "testing"}
        self._client = boto3.client("cloudformation", region_name="eu-central-1", **keys)
        stubber = Stubber(self._client)
        stubber.add_response("describe_stack_events", {"StackEvents": [_event(EARLIER), _event(IMAGE), _plain_event()]})
        template = {"Resources": {"Function": {"Properties": {"Code": {"S3Key": f"{ZIP}.zip"}}}}}
        stubber.add_response("get_template", {"TemplateBody": json.dumps(template)})
        stubber.activate()

    def client(self, service: str) -> Any:
        assert service == "cloudformation"
        return self._client


def _plain_event() -> dict[str, Any]:
    return {"StackId": "arn:stack", "EventId": "1", "StackName": "claim", "Timestamp": 1_800_000_000}


def _event(hash: str) -> dict[str, Any]:
    properties = {"Code": {"ImageUri": f"{REPOSITORY}:{hash}"}, "FunctionName": "claim-Inference"}
    return {**_plain_event(), "ResourceProperties": json.dumps(properties)}


def test_a_stack_s_uploads_are_those_of_its_template_and_of_all_deployments_before() -> None:
    session: Any = FakeSession()
    assert assets.uploaded(session, "claim") == {IMAGE, ZIP, EARLIER}
