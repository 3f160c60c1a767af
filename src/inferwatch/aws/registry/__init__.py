"""The registry of an account and region: a table of DynamoDB."""

from inferwatch.aws.registry.absent import or_none
from inferwatch.aws.registry.dynamo import DynamoRegistry

__all__ = ["DynamoRegistry", "or_none"]
