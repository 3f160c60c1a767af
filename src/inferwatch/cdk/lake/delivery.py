"""The way of a record into the lake: from the log group's subscription through Firehose to Parquet in S3."""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import ArnFormat, RemovalPolicy, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kinesisfirehose as firehose
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3 as s3
from constructs import Construct

from inferwatch.cdk import acknowledged
from inferwatch.cdk.given import asked
from inferwatch.cdk.lake.bucket import places
from inferwatch.cdk.lake.table import LakeTable
from inferwatch.cdk.log_group import log_group
from inferwatch.cdk.subscription import TRANSACTIONS
from inferwatch.cloudwatch.names import LAKE_TABLE, Names
from inferwatch.lake import layout
from inferwatch.spec.lake import LakeSpec
from inferwatch.spec.monitor_spec import MonitorSpec

BATCH_MB = 0.2
"""What Firehose gives to the function at once, compressed: some 2 MB of lines, whose rows fit into one answer."""

BATCH_SECONDS = 60
RETRIES = 3
ERROR_STREAM = "Delivery"
_Format = firehose.CfnDeliveryStream


class LakeDelivery(Construct):
    """Delivery stream and subscription, each with the role by which AWS's services may do just that.

    transform: the function between, of the name that `called` has for it. stream, subscription, log_group (of what
    Firehose could not do), role (Firehose's).
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        spec: MonitorSpec,
        called: Names,
        lines: logs.ILogGroup,
        bucket: s3.IBucket,
        table: LakeTable,
        transform: lambda_.IFunction,
    ) -> None:
        super().__init__(scope, id)
        self._called, self._bucket, self._transform, self._table = called, bucket, transform, table
        self.log_group = log_group(
            self,
            "Log",
            spec=spec,
            name=f"/aws/kinesisfirehose/{called.lake}",
            key=None,
            removal_policy=RemovalPolicy.DESTROY,  # it holds no records
        )
        errors = logs.CfnLogStream(
            self, "LogStream", log_group_name=self.log_group.log_group_name, log_stream_name=ERROR_STREAM
        )
        self.role = self._role()
        self.stream = _Format(
            self,
            "Stream",
            delivery_stream_name=called.lake,
            delivery_stream_type="DirectPut",
            delivery_stream_encryption_configuration_input=_Format.DeliveryStreamEncryptionConfigurationInputProperty(
                key_type="AWS_OWNED_CMK"  # for the minutes that it holds them; in S3 it is the bucket's key
            ),
            extended_s3_destination_configuration=self._destination(asked(spec, "lake", spec.lake)),
        )
        self.stream.add_resource_dependency(errors)
        self.stream.add_resource_dependency(table.table)
        self.subscription = self._subscribe(lines)

    def _destination(self, lake: LakeSpec) -> firehose.CfnDeliveryStream.ExtendedS3DestinationConfigurationProperty:
        where = places(self._called)
        key = self._bucket.encryption_key
        day = f"{layout.DAY}=!{{timestamp:yyyy-MM-dd}}/"
        return _Format.ExtendedS3DestinationConfigurationProperty(
            bucket_arn=self._bucket.bucket_arn,
            role_arn=self.role.role_arn,
            prefix=where.transactions + day,
            error_output_prefix=f"{where.errors}!{{firehose:error-output-type}}/{day}",
            buffering_hints=_Format.BufferingHintsProperty(
                interval_in_seconds=lake.buffer_seconds, size_in_m_bs=lake.buffer_mb
            ),
            compression_format="UNCOMPRESSED",  # of the file: Parquet compresses its columns itself
            encryption_configuration=_Format.EncryptionConfigurationProperty(
                kms_encryption_config=_Format.KMSEncryptionConfigProperty(awskms_key_arn=key.key_arn)
            )
            if key
            else None,
            cloud_watch_logging_options=_Format.CloudWatchLoggingOptionsProperty(
                enabled=True, log_group_name=self.log_group.log_group_name, log_stream_name=ERROR_STREAM
            ),
            processing_configuration=self._processing(),
            data_format_conversion_configuration=self._conversion(),
        )

    def _processing(self) -> firehose.CfnDeliveryStream.ProcessingConfigurationProperty:
        given = {
            "LambdaArn": self._transform.function_arn,
            "NumberOfRetries": str(RETRIES),
            "RoleArn": self.role.role_arn,
            "BufferSizeInMBs": str(BATCH_MB),
            "BufferIntervalInSeconds": str(BATCH_SECONDS),
        }
        parameters = [
            _Format.ProcessorParameterProperty(parameter_name=name, parameter_value=value)
            for name, value in given.items()
        ]
        return _Format.ProcessingConfigurationProperty(
            enabled=True, processors=[_Format.ProcessorProperty(type="Lambda", parameters=parameters)]
        )

    def _conversion(self) -> firehose.CfnDeliveryStream.DataFormatConversionConfigurationProperty:
        stack = Stack.of(self)
        return _Format.DataFormatConversionConfigurationProperty(
            enabled=True,
            input_format_configuration=_Format.InputFormatConfigurationProperty(
                deserializer=_Format.DeserializerProperty(open_x_json_ser_de=_Format.OpenXJsonSerDeProperty())
            ),
            output_format_configuration=_Format.OutputFormatConfigurationProperty(
                serializer=_Format.SerializerProperty(
                    # GZIP takes about two thirds of SNAPPY's bytes, which both S3 and Athena bill.
                    parquet_ser_de=_Format.ParquetSerDeProperty(compression="GZIP", enable_dictionary_compression=True)
                )
            ),
            schema_configuration=_Format.SchemaConfigurationProperty(
                catalog_id=stack.account,
                database_name=self._called.lake_database,
                table_name=LAKE_TABLE,
                region=stack.region,
                role_arn=self.role.role_arn,
                version_id="LATEST",
            ),
        )

    def _role(self) -> iam.Role:
        """https://docs.aws.amazon.com/firehose/latest/dev/controlling-access.html"""
        stack, where = Stack.of(self), places(self._called)
        objects = [self._bucket.arn_for_objects(f"{prefix}*") for prefix in (where.transactions, where.errors)]
        log_stream = stack.format_arn(
            service="logs",
            resource="log-group",
            resource_name=f"{self.log_group.log_group_name}:log-stream:{ERROR_STREAM}",
            arn_format=ArnFormat.COLON_RESOURCE_NAME,
        )
        # By its name: the role does not wait for the function, and IAM has long known it when the stream is made.
        function = stack.format_arn(
            service="lambda",
            resource="function",
            resource_name=self._called.lake_transform,
            arn_format=ArnFormat.COLON_RESOURCE_NAME,
        )
        in_bucket = ["s3:GetBucketLocation", "s3:ListBucket", "s3:ListBucketMultipartUploads"]
        statements = [
            allow(in_bucket, [self._bucket.bucket_arn]),
            allow(["s3:AbortMultipartUpload", "s3:GetObject", "s3:PutObject"], objects),
            allow(["glue:GetTable", "glue:GetTableVersion", "glue:GetTableVersions"], self._table.arns),
            allow(["lambda:GetFunctionConfiguration", "lambda:InvokeFunction"], [function, f"{function}:$LATEST"]),
            allow(["logs:PutLogEvents"], [log_stream]),
        ]
        if key := self._bucket.encryption_key:
            statements.append(through_s3(self, key.key_arn))
        role = iam.Role(
            self,
            "Role",
            description=f"{self._called.lake}: Firehose writes the lake's files",
            assumed_by=iam.ServicePrincipal(
                "firehose.amazonaws.com", conditions={"StringEquals": {"sts:ExternalId": stack.account}}
            ),
            inline_policies={"Deliver": iam.PolicyDocument(statements=statements)},
        )
        for arn in objects:
            acknowledged.wildcard(role, arn, "Firehose names the files itself, below the prefixes of this one model.")
        return role

    def _subscribe(self, lines: logs.ILogGroup) -> logs.CfnSubscriptionFilter:
        stack = Stack.of(self)
        source = stack.format_arn(service="logs", resource="*", arn_format=ArnFormat.COLON_RESOURCE_NAME)
        # By its name, so that IAM has long known the role when the first message is sent.
        stream = stack.format_arn(service="firehose", resource="deliverystream", resource_name=self._called.lake)
        hand_over = allow(["firehose:PutRecord", "firehose:PutRecordBatch"], [stream])
        role = iam.Role(
            self,
            "SubscriptionRole",
            description=f"{self._called.lake}: CloudWatch Logs hands over the records",
            assumed_by=iam.ServicePrincipal("logs.amazonaws.com", conditions={"StringLike": {"aws:SourceArn": source}}),
            inline_policies={"HandOver": iam.PolicyDocument(statements=[hand_over])},
        )
        return logs.CfnSubscriptionFilter(
            self,
            "Records",
            log_group_name=lines.log_group_name,
            filter_name=self._called.lake_subscription,
            filter_pattern=TRANSACTIONS,
            destination_arn=self.stream.attr_arn,
            role_arn=role.role_arn,
        )


def through_s3(scope: Construct, key_arn: str) -> iam.PolicyStatement:
    """Use of the bucket's key for its objects, and for nothing else."""
    stack = Stack.of(scope)
    return iam.PolicyStatement(
        actions=["kms:Decrypt", "kms:GenerateDataKey"],
        resources=[key_arn],
        conditions={"StringEquals": {"kms:ViaService": f"s3.{stack.region}.{stack.url_suffix}"}},
    )


def allow(actions: Sequence[str], resources: Sequence[str]) -> iam.PolicyStatement:
    """A statement of a role's policy."""
    return iam.PolicyStatement(actions=list(actions), resources=list(resources))
