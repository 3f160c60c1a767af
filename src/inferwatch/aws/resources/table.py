"""A table of DynamoDB: how much is in it, one item of it, and taking it away."""

from __future__ import annotations

import boto3
import msgspec

from inferwatch.aws.explained import explained

ACTIVE = "ACTIVE"


class Table(msgspec.Struct, frozen=True):
    """status: DynamoDB's, `ACTIVE`; items, stored_bytes: as it counted them within the last six hours; kms_key: ARN,
    None for a key of AWS's own.
    """

    name: str
    status: str
    items: int
    stored_bytes: int
    kms_key: str | None


def find(session: boto3.Session, name: str) -> Table | None:
    """The table of that name, None where there is none. Raises AwsError."""
    client = session.client("dynamodb")
    with explained(f"looking at the table {name}"):
        try:
            found = client.describe_table(TableName=name)["Table"]
        except client.exceptions.ResourceNotFoundException:
            return None
    return Table(
        name=name,
        status=found["TableStatus"],
        items=int(found.get("ItemCount", 0)),
        stored_bytes=int(found.get("TableSizeBytes", 0)),
        kms_key=found.get("SSEDescription", {}).get("KMSMasterKeyArn"),
    )


def has(session: boto3.Session, name: str, key: str, value: str) -> bool:
    """Whether the table has an item whose partition key `key` is `value`. Raises AwsError."""
    with explained(f"looking for {value} in the table {name}"):
        found = session.client("dynamodb").get_item(
            TableName=name, Key={key: {"S": value}}, ProjectionExpression="#key", ExpressionAttributeNames={"#key": key}
        )
    return "Item" in found


def delete(session: boto3.Session, name: str) -> None:
    """Delete the table with every item. Raises AwsError."""
    client = session.client("dynamodb")
    with explained(f"deleting the table {name}"):
        try:
            client.delete_table(TableName=name)
        except client.exceptions.ResourceNotFoundException:
            return
