"""Where SageMaker keeps a share of an endpoint's requests and answers."""

from __future__ import annotations

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sagemaker as sagemaker
from constructs import Construct

from inferwatch.cdk import acknowledged
from inferwatch.cdk.private_bucket import private_bucket
from inferwatch.spec.monitor_spec import MonitorSpec

PREFIX = "captured"
PARTS_DAYS = 7


class CapturedData(Construct):
    """A bucket for them, which keeps them as long as `[logs]` keeps the lines; key: of the account's own, else S3's.

    bucket, share (% of requests).
    """

    def __init__(
        self, scope: Construct, id: str, *, spec: MonitorSpec, key: kms.IKey | None, removal_policy: RemovalPolicy
    ) -> None:
        super().__init__(scope, id)
        assert spec.sagemaker is not None
        assert spec.sagemaker.capture_percent is not None
        self.share = spec.sagemaker.capture_percent
        self._key = key
        self.bucket = private_bucket(
            self,
            key=key,
            lifecycle_rules=[
                s3.LifecycleRule(id="Expiry", expiration=Duration.days(spec.logs.retention_days)),
                s3.LifecycleRule(
                    id="GivenUpUploads", abort_incomplete_multipart_upload_after=Duration.days(PARTS_DAYS)
                ),
            ],
            removal_policy=removal_policy,
        )
        reason = (
            "SageMaker alone writes here; who reads is told by CloudTrail's data events, where an account wants that."
        )
        acknowledged.rule(self.bucket, "S1", reason)

    def allow(self, role: iam.Role) -> None:
        """Let the endpoint's container write here."""
        files = self.bucket.arn_for_objects(f"{PREFIX}/*")
        role.add_to_policy(iam.PolicyStatement(actions=["s3:PutObject"], resources=[files]))
        acknowledged.wildcard(role, files, "SageMaker names the files itself, below this one prefix.")
        if self._key is not None:
            self._key.grant(role, "kms:GenerateDataKey", "kms:Decrypt")

    @property
    def config(self) -> sagemaker.CfnEndpointConfig.DataCaptureConfigProperty:
        """For the endpoint's configuration. CSV and JSON are kept as text, everything else in base64."""
        mode = sagemaker.CfnEndpointConfig.CaptureOptionProperty
        return sagemaker.CfnEndpointConfig.DataCaptureConfigProperty(
            enable_capture=True,
            initial_sampling_percentage=self.share,
            destination_s3_uri=self.bucket.s3_url_for_object(PREFIX),
            kms_key_id=None if self._key is None else self._key.key_arn,
            capture_options=[mode(capture_mode="Input"), mode(capture_mode="Output")],
            capture_content_type_header=sagemaker.CfnEndpointConfig.CaptureContentTypeHeaderProperty(
                csv_content_types=["text/csv"], json_content_types=["application/json"]
            ),
        )
