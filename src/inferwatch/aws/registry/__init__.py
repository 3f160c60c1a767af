"""The registry of an account and region: a table of DynamoDB."""

from inferwatch.aws.registry.dynamo import DynamoRegistry

__all__ = ["DynamoRegistry"]
