"""What a stack's deployments uploaded into CDK's bucket and repository, and removing it where nobody else uses it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

import boto3
import msgspec
import orjson
from botocore import exceptions as boto

from inferwatch.aws.explained import explained
from inferwatch.aws.resources import bootstrap, stack
from inferwatch.aws.session import Caller

_HASH = re.compile(r"[0-9a-f]{64}")
_WITHOUT_TEMPLATE = ("DELETE_COMPLETE", stack.IN_REVIEW)


class Removed(msgspec.Struct, frozen=True):
    """How many images and objects there were, and how many hashes stay since other stacks use them."""

    images: int
    objects: int
    kept: int


def uploaded(session: boto3.Session, stack_name: str) -> frozenset[str]:
    """Hashes of every asset that the stack's template, or an earlier one by the stack's events, names. Raises AwsError.

    CloudFormation keeps the events for as long as the stack is there.
    """
    client = session.client("cloudformation")
    with explained(f"looking for what {stack_name} uploaded"):
        events = client.get_paginator("describe_stack_events").paginate(StackName=stack_name)
        told = [event.get("ResourceProperties", "") for page in events for event in page["StackEvents"]]
        template = client.get_template(StackName=stack_name, TemplateStage="Original")["TemplateBody"]
    return frozenset(_HASH.findall("\n".join([*told, _text(template)])))


def remove(session: boto3.Session, caller: Caller, hashes: Iterable[str]) -> Removed:
    """Remove the assets of these hashes, but those that another stack of the region names. Raises AwsError.

    Call it when the stack that had them is gone.
    """
    wanted = frozenset(hashes)
    if not wanted:
        return Removed(0, 0, 0)
    in_use = frozenset(found for text in _templates(session) for found in _HASH.findall(text))
    free = sorted(wanted - in_use)
    images = _remove_images(session, bootstrap.repository(caller), free)
    objects = _remove_objects(session, bootstrap.bucket(caller), free)
    return Removed(images, objects, len(wanted & in_use))


def _templates(session: boto3.Session) -> Iterator[str]:
    """The template of every stack of the region."""
    client = session.client("cloudformation")
    with explained("looking which assets other stacks use"):
        for page in client.get_paginator("list_stacks").paginate():
            for one in page["StackSummaries"]:
                if one["StackStatus"] not in _WITHOUT_TEMPLATE:
                    yield _text(client.get_template(StackName=one["StackId"])["TemplateBody"])


def _remove_images(session: boto3.Session, repository: str, hashes: list[str]) -> int:
    client = session.client("ecr")
    removed = 0
    with explained(f"removing images from {repository}"):
        try:
            for first in range(0, len(hashes), 100):
                ids = [{"imageTag": tag} for tag in hashes[first : first + 100]]
                said = client.batch_delete_image(repositoryName=repository, imageIds=ids)
                removed += len({one.get("imageDigest") for one in said["imageIds"]})
        except client.exceptions.RepositoryNotFoundException:
            return 0
    return removed


def _remove_objects(session: boto3.Session, bucket: str, hashes: list[str]) -> int:
    """With every version of them, since the bucket keeps what is overwritten or deleted."""
    client = session.client("s3")
    removed = 0
    with explained(f"removing what was uploaded to {bucket}"):
        try:
            for hash in hashes:
                for page in client.get_paginator("list_object_versions").paginate(Bucket=bucket, Prefix=hash):
                    found = [*page.get("Versions", ()), *page.get("DeleteMarkers", ())]
                    ids = [{"Key": one["Key"], "VersionId": one["VersionId"]} for one in found]
                    if ids:
                        client.delete_objects(Bucket=bucket, Delete={"Objects": ids, "Quiet": True})
                    removed += len({one["Key"] for one in ids})
        except boto.ClientError as error:
            if error.response["Error"]["Code"] == "NoSuchBucket":
                return 0
            raise
    return removed


def _text(template: object) -> str:
    return template if isinstance(template, str) else orjson.dumps(template, option=orjson.OPT_NON_STR_KEYS).decode()
