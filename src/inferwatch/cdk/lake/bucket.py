"""The bucket of a lake, with the key that encrypts it."""

from __future__ import annotations

from typing import NamedTuple

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

from inferwatch.cdk import acknowledged
from inferwatch.cdk.key import new_key
from inferwatch.cdk.private_bucket import private_bucket
from inferwatch.cloudwatch.names import Names
from inferwatch.lake import layout

ERRORS_DAYS = 30
RESULTS_DAYS = 1
PARTS_DAYS = 7
"""What of an upload that was given up is deleted after so many days."""


class Places(NamedTuple):
    """Where one model's files lie in a bucket; each ends with a slash, and no other model's begins with it.

    transactions: the Parquet files, by day; errors: what Firehose could not convert; results: of Athena.
    """

    transactions: str
    errors: str
    results: str


def places(called: Names) -> Places:
    model = layout.model_folder(called.log_group)
    return Places(f"{layout.FOLDER}/{model}/", f"errors/{model}/", f"athena-results/{called.lake}/")


def lake_bucket(
    scope: Construct, *, called: Names, days: int, removal_policy: RemovalPolicy, encryption_key: kms.IKey | None
) -> s3.Bucket:
    """A bucket that keeps transactions for `days`, under a name of AWS's making: a stack made anew makes another."""
    where = places(called)
    key = encryption_key or new_key(
        scope, "Key", description=f"Encrypts the lake of {called.prefix}", removal_policy=removal_policy
    )
    bucket = private_bucket(
        scope,
        key=key,
        removal_policy=removal_policy,
        # Without versions: a file is written once and goes with its time, and a second copy would outlive it.
        lifecycle_rules=[
            _expiry("Transactions", where.transactions, days),
            _expiry("Errors", where.errors, min(days, ERRORS_DAYS)),
            _expiry("Results", where.results, RESULTS_DAYS),
            s3.LifecycleRule(id="GivenUpUploads", abort_incomplete_multipart_upload_after=Duration.days(PARTS_DAYS)),
        ],
    )
    reason = "Reads go through Athena, whose queries are kept, and by roles that are granted them; CloudTrail's data"
    acknowledged.rule(bucket, "S1", f"{reason} events tell of each object, where an account wants that.")
    return bucket


def _expiry(id: str, prefix: str, days: int) -> s3.LifecycleRule:
    return s3.LifecycleRule(id=id, prefix=prefix, expiration=Duration.days(days))
