"""Registries to test with, one on this machine and one in DynamoDB, and versions and deployments to put into them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock

import boto3
import pytest
from aws_world import REGION, account
from botocore.client import BaseClient

from inferwatch.cloudwatch.names import REGISTRY_TABLE
from inferwatch.errors import RegistryError
from inferwatch.ports import Registry
from inferwatch.registry.records import Deployment, Model, ModelVersion

MODEL = Model("/abc_corp/claim", "doc")
AT = "2023-01-01T00:00:00.000Z"


def a_version(number: int = 0, model: Model = MODEL, **changes: Any) -> ModelVersion:
    given = {"namespace": model.namespace, "model_name": model.model_name, "model_version": number}
    return ModelVersion(**{**given, "create_at": AT, "created_by": "alice", **changes})


def a_deployment(version: int, model: Model = MODEL, **changes: Any) -> Deployment:
    given = {"namespace": model.namespace, "model_name": model.model_name, "model_version": version}
    own = {"deployment_id": 0, "environment": "prod", "deployment_method": "Lambda", "state": "pending"}
    return Deployment(**{**given, **own, "create_at": AT, "created_by": "alice", **changes})


def refused(call: Callable[..., Any], *given: Any, **more: Any) -> str:
    with pytest.raises(RegistryError) as told:
        call(*given, **more)
    return str(told.value)


def deployed(registry: Registry, count: int, environment: str = "prod") -> None:
    """So many versions, each deployed and promoted one after another; the ids are the versions'."""
    for number in range(1, count + 1):
        registry.register_version(a_version())
        made = registry.register_deployment(a_deployment(number, environment=environment))
        registry.promote(MODEL, made.deployment_id, now_ms=number, by="alice")


def states(registry: Registry) -> dict[int, str]:
    return {each.deployment_id: each.state for each in registry.deployments(MODEL)}


@contextmanager
def dynamo() -> Iterator[boto3.Session]:
    """A session with the registry's table, as the construct makes it.

    Calls of threads come one after another: DynamoDB does each as one step, which moto alone does not.
    """
    one_by_one = threading.Lock()
    with account():
        moto = BaseClient._make_api_call

        def call(client: BaseClient, operation: str, asked: dict[str, Any]) -> Any:
            with one_by_one:
                return moto(client, operation, asked)

        with mock.patch.object(BaseClient, "_make_api_call", call):
            session = boto3.Session(region_name=REGION)
            make_table(session)
            yield session


def make_table(session: boto3.Session, name: str = REGISTRY_TABLE) -> None:
    session.client("dynamodb").create_table(
        TableName=name,
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
        AttributeDefinitions=[{"AttributeName": each, "AttributeType": "S"} for each in ("pk", "sk")],
        BillingMode="PAY_PER_REQUEST",
    )
