"""Every transaction of a model as Parquet in S3, for Athena, DuckDB and Spark."""

from __future__ import annotations

from collections.abc import Iterable

from aws_cdk import RemovalPolicy, Stack
from aws_cdk import aws_athena as athena
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3 as s3
from constructs import Construct

from inferwatch.cdk.given import Given, as_spec, asked
from inferwatch.cdk.lake.bucket import lake_bucket, places
from inferwatch.cdk.lake.delivery import LakeDelivery, allow, through_s3
from inferwatch.cdk.lake.table import LakeTable
from inferwatch.cdk.log_group import KEPT
from inferwatch.cdk.side_function import SideFunction
from inferwatch.cloudwatch import limits
from inferwatch.cloudwatch.names import Names, names
from inferwatch.lake import feature_columns
from inferwatch.serving import lake_transform
from inferwatch.spec.monitor_spec import MonitorSpec

HANDLER = "inferwatch.serving.lake_transform.handler"
TIMEOUT = 60
MEMORY = 512
GB = 10**9


class TransactionLake(Construct):
    """A bucket of Parquet files by the spec's `[lake]`, what fills it off the request path, and what asks it.

    log_group: where the model's lines are; it gives one of its two subscriptions. bucket: one of the user's own, whose
    lifecycle is its owner's matter; else one is made, which stays when the stack goes (`removal_policy`).
    encryption_key: of the bucket that is made, else it has its own. Raises SpecError, DeployError.

    called (its names), bucket, delivery_stream, subscription, transform (the function), database, table, workgroup
    (Athena's).
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        spec: Given,
        log_group: logs.ILogGroup,
        called: Names | None = None,
        bucket: s3.IBucket | None = None,
        encryption_key: kms.IKey | None = None,
        removal_policy: RemovalPolicy = KEPT,
    ) -> None:
        super().__init__(scope, id)
        spec = as_spec(spec)
        limits.check(spec)
        wanted = asked(spec, "lake", spec.lake)
        self.called = called = called or names(spec)
        self.bucket: s3.IBucket = bucket or lake_bucket(
            self, called=called, days=wanted.days, removal_policy=removal_policy, encryption_key=encryption_key
        )
        features = feature_columns.declared(spec.features)
        self._table = LakeTable(self, "Catalog", called=called, bucket=self.bucket, days=wanted.days, features=features)
        self.database, self.table = self._table.database, self._table.table
        self.transform = self._transform(spec, features)
        self._delivery = LakeDelivery(
            self,
            "Delivery",
            spec=spec,
            called=called,
            lines=log_group,
            bucket=self.bucket,
            table=self._table,
            transform=self.transform.function,
        )
        self.delivery_stream, self.subscription = self._delivery.stream, self._delivery.subscription
        self.workgroup = self._workgroup(wanted.scan_limit_gb)

    def grant_read(self, grantee: iam.IGrantable) -> iam.Grant:
        """Let `grantee` ask Athena about this model's transactions, and read the files themselves."""
        first, *others = self._reading()
        grant = iam.Grant.add_to_principal(grantee=grantee, actions=first.actions, resource_arns=first.resources)
        for statement in others:
            grantee.grant_principal.add_to_principal_policy(statement)
        return grant

    def _reading(self) -> list[iam.PolicyStatement]:
        """https://docs.aws.amazon.com/athena/latest/ug/security-iam-athena.html"""
        stack, where, bucket = Stack.of(self), places(self.called), self.bucket
        workgroup = stack.format_arn(service="athena", resource="workgroup", resource_name=self.called.lake)
        queries = ["GetQueryExecution", "GetQueryResults", "GetWorkGroup", "StartQueryExecution", "StopQueryExecution"]
        written = ["s3:AbortMultipartUpload", "s3:GetObject", "s3:ListMultipartUploadParts", "s3:PutObject"]
        statements = [
            allow([f"athena:{name}" for name in queries], [workgroup]),
            allow(["glue:GetDatabase", "glue:GetPartitions", "glue:GetTable"], self._table.read_arns),
            allow(["glue:GetDatabase"], self._table.default_arns),
            allow(["s3:GetBucketLocation"], [bucket.bucket_arn]),
            iam.PolicyStatement(
                actions=["s3:ListBucket"],
                resources=[bucket.bucket_arn],
                conditions={"StringLike": {"s3:prefix": [f"{where.transactions}*", f"{where.results}*"]}},
            ),
            allow(["s3:GetObject"], [bucket.arn_for_objects(f"{where.transactions}*")]),
            allow(written, [bucket.arn_for_objects(f"{where.results}*")]),
        ]
        key = bucket.encryption_key
        return [*statements, through_s3(self, key.key_arn)] if key else statements

    def _transform(self, spec: MonitorSpec, columns: Iterable[str]) -> SideFunction:
        """The function between log group and files, which may put back into the stream what does not fit."""
        transform = SideFunction(
            self,
            "Transform",
            spec=spec,
            name=self.called.lake_transform,
            description=f"Turns the records of {self.called.prefix} into rows of its lake",
            handler=HANDLER,
            timeout=TIMEOUT,
            memory=MEMORY,
        )
        transform.function.add_environment(lake_transform.COLUMNS, ",".join(columns))
        # The stream by its name: it needs the function, and so cannot be made before it.
        stream = Stack.of(self).format_arn(
            service="firehose", resource="deliverystream", resource_name=self.called.lake
        )
        transform.role.add_to_policy(allow(["firehose:PutRecordBatch"], [stream]))
        return transform

    def _workgroup(self, scan_limit_gb: float) -> athena.CfnWorkGroup:
        key = self.bucket.encryption_key
        encryption = athena.CfnWorkGroup.EncryptionConfigurationProperty(
            encryption_option="SSE_KMS" if key else "SSE_S3", kms_key=key.key_arn if key else None
        )
        return athena.CfnWorkGroup(
            self,
            "Workgroup",
            name=self.called.lake,
            description=f"Questions about the transactions of {self.called.prefix}",
            recursive_delete_option=True,  # with its past queries, else it cannot go
            work_group_configuration=athena.CfnWorkGroup.WorkGroupConfigurationProperty(
                enforce_work_group_configuration=True,
                bytes_scanned_cutoff_per_query=round(scan_limit_gb * GB),
                publish_cloud_watch_metrics_enabled=True,
                engine_version=athena.CfnWorkGroup.EngineVersionProperty(
                    selected_engine_version="Athena engine version 3"
                ),
                result_configuration=athena.CfnWorkGroup.ResultConfigurationProperty(
                    output_location=self.bucket.s3_url_for_object(places(self.called).results),
                    encryption_configuration=encryption,
                ),
            ),
        )
