"""The registry's table: items by their places, read as they are now, and writes that hold together or not at all."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import boto3
from botocore.exceptions import ClientError

from inferwatch.aws.explained import explained
from inferwatch.aws.registry.absent import NO_REGISTRY
from inferwatch.aws.registry.items import Item, key
from inferwatch.errors import AwsError

ABSENT = "attribute_not_exists(pk)"
PRESENT = "attribute_exists(pk)"
_LOST = {"ConditionalCheckFailed", "TransactionConflict"}
"""Why a write was not done, where another's came in between."""


class RegistryTable:
    """Every method raises AwsError. A write has a token of boto3's, so one whose answer was lost is not done twice."""

    def __init__(self, session: boto3.Session, name: str) -> None:
        self._client = session.client("dynamodb")
        self._where = f"{name} in region {session.region_name}"
        self._name = name

    def item(self, group: str, place: str) -> dict[str, Any] | None:
        """The item at a place, None where there is none."""
        with self._explained("reading"):
            found = self._client.get_item(TableName=self._name, Key=key(group, place), ConsistentRead=True)
        item: dict[str, Any] | None = found.get("Item")
        return item

    def items(
        self, group: str, beginning: str, *, newest_first: bool = True, environment: str | None = None
    ) -> Iterator[dict[str, Any]]:
        """The items of a partition whose places begin so; of one environment alone where it is given.

        It asks for a page when the one before has been used.
        """
        asked = self._question(group, beginning)
        asked["ScanIndexForward"] = not newest_first
        if environment is not None:
            asked["FilterExpression"] = "environment = :environment"
            asked["ExpressionAttributeValues"][":environment"] = {"S": environment}
        while True:
            with self._explained("reading"):
                page = self._client.query(**asked)
            yield from page["Items"]
            if "LastEvaluatedKey" not in page:
                return
            asked["ExclusiveStartKey"] = page["LastEvaluatedKey"]

    def newest(self, group: str, beginning: str) -> dict[str, Any] | None:
        """The item with the highest number of those whose places begin so."""
        asked = {**self._question(group, beginning), "ScanIndexForward": False, "Limit": 1}
        with self._explained("reading"):
            found = self._client.query(**asked)["Items"]
        return found[0] if found else None

    def write(self, steps: Sequence[dict[str, Any]]) -> bool:
        """Do all steps at once, each of `put`, `there` and `change`.

        False, and nothing is done, where the condition of one does not hold or another's write is under way.
        """
        try:
            with self._explained("writing"):
                self._client.transact_write_items(TransactItems=list(steps))
        except _Cancelled:
            return False
        return True

    def put(self, item: Item, condition: str | None = ABSENT) -> dict[str, Any]:
        step: dict[str, Any] = {"TableName": self._name, "Item": item}
        return {"Put": step if condition is None else {**step, "ConditionExpression": condition}}

    def there(self, group: str, place: str) -> dict[str, Any]:
        return {"ConditionCheck": {"TableName": self._name, "Key": key(group, place), "ConditionExpression": PRESENT}}

    def change(self, group: str, place: str, attribute: str, value: str, *, of: Sequence[str] = ()) -> dict[str, Any]:
        """Set an attribute of the item that is there; where `of` is given, only if it has one of these values."""
        known = {f":of{index}": {"S": each} for index, each in enumerate(of)}
        condition = f"{PRESENT} AND #name IN ({', '.join(known)})" if known else PRESENT
        return {
            "Update": {
                "TableName": self._name,
                "Key": key(group, place),
                "UpdateExpression": "SET #name = :value",
                "ConditionExpression": condition,
                "ExpressionAttributeNames": {"#name": attribute},
                "ExpressionAttributeValues": {":value": {"S": value}, **known},
            }
        }

    def _question(self, group: str, beginning: str) -> dict[str, Any]:
        return {
            "TableName": self._name,
            "KeyConditionExpression": "pk = :pk AND begins_with(sk, :sk)",
            "ExpressionAttributeValues": {":pk": {"S": group}, ":sk": {"S": beginning}},
            "ConsistentRead": True,
        }

    @contextmanager
    def _explained(self, doing: str) -> Iterator[None]:
        with explained(f"{doing} the registry {self._where}"):
            try:
                yield
            except self._client.exceptions.ResourceNotFoundException:
                problem = f"there is no registry {self._where} yet; `inferwatch deploy` makes it"
                raise AwsError(problem, code=NO_REGISTRY) from None
            except ClientError as error:
                reasons = {reason.get("Code") for reason in error.response.get("CancellationReasons", ())}
                if reasons & _LOST and reasons <= {*_LOST, "None", None}:
                    raise _Cancelled from None
                raise


class _Cancelled(Exception):
    """The write was not done, since others write too."""
