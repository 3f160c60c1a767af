"""A bucket of S3: how much is in it, and taking it away with every version of every object."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import msgspec
from botocore import exceptions as boto

from inferwatch.aws.explained import explained

_NO_BUCKET = ("NoSuchBucket", "404")


class Bucket(msgspec.Struct, frozen=True):
    """objects, stored_bytes: of every version; kms_key: None for a key of AWS's own."""

    name: str
    objects: int
    stored_bytes: int
    kms_key: str | None


def find(session: boto3.Session, name: str) -> Bucket | None:
    """The bucket, None where there is none. Goes through the list of its objects, a call for each thousand.

    Raises AwsError.
    """
    with explained(f"looking into the bucket {name}"):
        try:
            sizes = [one.get("Size", 0) for page in _pages(session, name) for one in _versions(page)]
        except boto.ClientError as error:
            if error.response["Error"]["Code"] in _NO_BUCKET:
                return None
            raise
    return Bucket(name, len(sizes), sum(sizes), _key(session, name))


def delete(session: boto3.Session, name: str) -> None:
    """Delete the bucket, and everything in it first. Raises AwsError."""
    client = session.client("s3")
    with explained(f"deleting the bucket {name}"):
        try:
            for page in _pages(session, name):
                ids = [{"Key": one["Key"], "VersionId": one["VersionId"]} for one in _versions(page)]
                if ids:
                    client.delete_objects(Bucket=name, Delete={"Objects": ids, "Quiet": True})
            client.delete_bucket(Bucket=name)
        except boto.ClientError as error:
            if error.response["Error"]["Code"] not in _NO_BUCKET:
                raise


def _key(session: boto3.Session, name: str) -> str | None:
    client = session.client("s3")
    with explained(f"asking how the bucket {name} is encrypted"):
        try:
            said = client.get_bucket_encryption(Bucket=name)["ServerSideEncryptionConfiguration"]
        except boto.ClientError as error:
            if error.response["Error"]["Code"] == "ServerSideEncryptionConfigurationNotFoundError":
                return None
            raise
    by_default = [rule.get("ApplyServerSideEncryptionByDefault", {}) for rule in said["Rules"]]
    return next((one["KMSMasterKeyID"] for one in by_default if "KMSMasterKeyID" in one), None)


def _pages(session: boto3.Session, name: str) -> Iterator[dict[str, Any]]:
    yield from session.client("s3").get_paginator("list_object_versions").paginate(Bucket=name)


def _versions(page: dict[str, Any]) -> list[dict[str, Any]]:
    return [*page.get("Versions", ()), *page.get("DeleteMarkers", ())]
