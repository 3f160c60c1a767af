"""What the steps of a pipeline hand to each other: a bucket of its own, and the key that encrypts it."""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import Duration
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

from inferwatch.cdk import acknowledged
from inferwatch.cdk.key import new_key
from inferwatch.cdk.log_group import KEPT
from inferwatch.cdk.private_bucket import private_bucket

DAYS = 30
"""An execution of a pipeline, which may wait for its approval, ends within a week."""

_KEY_READS = ["kms:Decrypt", "kms:DescribeKey"]
_KEY_WRITES = ["kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*"]


class PipelineArtifacts(Construct):
    """Encrypted by a key of its own, which other accounts can be let use; reached over TLS only; empty after 30 days.

    Bucket and key stay when the stack goes, since CloudFormation removes no bucket with something in it.

    bucket, key; given: the bucket as CDK's pipelines get it.
    """

    def __init__(self, scope: Construct, id: str, *, description: str) -> None:
        super().__init__(scope, id)
        self.key = new_key(
            self, "Key", description=f"Encrypts what the steps of {description} hand on", removal_policy=KEPT
        )
        self.bucket = private_bucket(
            self,
            key=self.key,
            minimum_tls_version=1.2,
            lifecycle_rules=[
                s3.LifecycleRule(
                    expiration=Duration.days(DAYS), abort_incomplete_multipart_upload_after=Duration.days(1)
                )
            ],
            removal_policy=KEPT,
        )
        # As one of somebody else's: CDK gives nobody rights to such a bucket, which would be wider than ours.
        self.given: s3.IBucket = s3.Bucket.from_bucket_attributes(
            self,
            "Given",
            bucket_arn=self.bucket.bucket_arn,
            bucket_name=self.bucket.bucket_name,
            encryption_key=kms.Key.from_key_arn(self, "GivenKey", self.key.key_arn),
        )
        reason = "Its objects are gone after a month, and the pipeline's history says which execution made each."
        acknowledged.rule(self.bucket, "S1", reason)

    def reading(self) -> list[iam.PolicyStatement]:
        """What a step needs that takes something."""
        return [*self._objects("s3:GetObject", "s3:GetObjectVersion"), self._with_key(_KEY_READS)]

    def writing(self, *more: str) -> list[iam.PolicyStatement]:
        """What a step needs that hands something on. more: actions on objects."""
        objects = self._objects("s3:GetObject", "s3:GetObjectVersion", "s3:PutObject", *more)
        return [*objects, self._with_key([*_KEY_READS, *_KEY_WRITES])]

    def allow_reading(self, principals: Sequence[iam.IPrincipal]) -> None:
        """Let roles read that are not of this stack, be they of another account."""
        for statement in self._objects("s3:GetObject", "s3:GetObjectVersion"):
            statement.add_principals(*principals)
            self.bucket.add_to_resource_policy(statement)
        # In the policy of a key, `*` is the key.
        use = iam.PolicyStatement(actions=_KEY_READS, resources=["*"], principals=list(principals))
        self.key.add_to_resource_policy(use)

    def acknowledge(self, role: Construct, *, writes: bool = False) -> None:
        """That a role has wildcards in what it may do here."""
        acknowledged.wildcard(role, self.bucket.arn_for_objects("*"), "CodePipeline makes up the names of artifacts.")
        reason = "One operation in its variants, as AWS's page on encrypted artifacts has it; the key is this one."
        for action in _KEY_WRITES if writes else ():
            if action.endswith("*"):
                acknowledged.rule(role, f"IAM5[Action::{action}]", reason)

    def _objects(self, *actions: str) -> list[iam.PolicyStatement]:
        looks = ["s3:GetBucketAcl", "s3:GetBucketLocation", "s3:GetBucketVersioning"]
        return [
            iam.PolicyStatement(actions=looks, resources=[self.bucket.bucket_arn]),
            iam.PolicyStatement(actions=list(actions), resources=[self.bucket.arn_for_objects("*")]),
        ]

    def _with_key(self, actions: list[str]) -> iam.PolicyStatement:
        return iam.PolicyStatement(actions=actions, resources=[self.key.key_arn])
