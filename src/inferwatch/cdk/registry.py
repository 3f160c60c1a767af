"""The registry of model versions and deployments: one table for all models of an account and region."""

from __future__ import annotations

import os
from typing import Any

from aws_cdk import App, CfnOutput, Environment, RemovalPolicy, Stack, Tags
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import Construct

from inferwatch.cdk.access.reads import checked
from inferwatch.cdk.key import WRITE_TABLE
from inferwatch.cloudwatch.names import REGISTRY_MODELS, REGISTRY_STACK, REGISTRY_TABLE

_READ = ["dynamodb:GetItem", "dynamodb:Query"]
_WRITE = ["dynamodb:ConditionCheckItem", "dynamodb:PutItem", "dynamodb:UpdateItem"]
"""A transaction asks for the actions of its parts. Nothing is ever deleted."""


class ModelRegistry(Construct):
    """The table that `inferwatch.aws.registry` reads and writes. It stays when its stack goes.

    table_name: of another registry beside the one of all models. encryption_key: of the account's own, else AWS's.

    table: what was made.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        table_name: str = REGISTRY_TABLE,
        removal_policy: RemovalPolicy = RemovalPolicy.RETAIN,
        encryption_key: kms.IKey | None = None,
    ) -> None:
        super().__init__(scope, id)
        text = dynamodb.AttributeType.STRING
        key = encryption_key
        self.table = dynamodb.Table(
            self,
            "Table",
            table_name=table_name,
            partition_key=dynamodb.Attribute(name="pk", type=text),
            sort_key=dynamodb.Attribute(name="sk", type=text),
            billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
            deletion_protection=removal_policy is not RemovalPolicy.DESTROY,
            point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
                point_in_time_recovery_enabled=True
            ),
            encryption=dynamodb.TableEncryption.DEFAULT if key is None else dynamodb.TableEncryption.CUSTOMER_MANAGED,
            encryption_key=key,
            removal_policy=removal_policy,
        )

    def grant_read(self, grantee: iam.IGrantable, *, node: str = "/") -> iam.Grant:
        """Let `grantee` read the versions and deployments of the models at or below a node, by default of all.

        The names of all models can be read too. Raises DeployError for what is no node.
        """
        if self.table.encryption_key is not None:
            self.table.encryption_key.grant(grantee, "kms:Decrypt")
        return self._grant(grantee, _READ, node)

    def grant_write(self, grantee: iam.IGrantable, *, node: str = "/") -> iam.Grant:
        """Let `grantee` register and promote models at or below a node, by default all, and read them.

        IAM cannot ask for the conditions under which the registry writes, so who may write could also overwrite what
        is there with another tool; point-in-time recovery has it for 35 days. Raises DeployError for what is no node.
        """
        if self.table.encryption_key is not None:
            self.table.encryption_key.grant(grantee, *WRITE_TABLE)
        return self._grant(grantee, [*_READ, *_WRITE], node)

    def _grant(self, grantee: iam.IGrantable, actions: list[str], node: str) -> iam.Grant:
        given: dict[str, Any] = {}
        if node != "/":
            name = checked(node)
            keys = [name, f"{name}/*", REGISTRY_MODELS]
            given["conditions"] = {
                "ForAllValues:StringLike": {"dynamodb:LeadingKeys": keys},
                "Null": {"dynamodb:LeadingKeys": "false"},  # or the line above would hold of a call without keys
            }
        return iam.Grant.add_to_principal(
            grantee=grantee, actions=actions, resource_arns=[self.table.table_arn], **given
        )


class RegistryStack(Stack):
    """A ModelRegistry alone. options: a Stack's own.

    registry: what was made; outputs: TableName.
    """

    def __init__(self, scope: Construct, id: str = REGISTRY_STACK, **options: Any) -> None:
        own = {
            "stack_name": id,
            "description": "Model versions and deployments of this account and region, by InferWatch",
            "termination_protection": True,
        }
        super().__init__(scope, id, **{**own, **options})
        Tags.of(self).add("inferwatch:part", "registry")
        self.registry = ModelRegistry(self, "Registry")
        CfnOutput(self, "TableName", value=self.registry.table.table_name)


def registry_app(env: Environment | None = None, outdir: str | os.PathLike[str] | None = None, **options: Any) -> App:
    """An app with the registry's stack. env: its account and region, by default the caller's; options: an App's own."""
    app = App(outdir=None if outdir is None else os.fspath(outdir), **options)
    RegistryStack(app, env=env)
    return app
