"""What a person must be allowed to do with a model's queue, endpoint, history, lake and pipeline."""

from __future__ import annotations

from collections.abc import Iterator

from inferwatch.aws.doctor.permission import ANY, Permission, Use
from inferwatch.aws.site import Site
from inferwatch.cloudwatch.names import GLUE_DEFAULT, LAKE_ALIAS, LAKE_TABLE
from inferwatch.lake import layout

_BUCKET_STEM = 20
"""CloudFormation names a bucket by the stack's name, which it may shorten, in small letters."""


def read(site: Site) -> Iterator[Permission]:
    """To look at what is deployed of them, and at what stands in their way."""
    names, spec = site.names, site.spec
    if spec.queue is not None:
        queues = tuple(site.arn("sqs", name) for name in (names.queue, names.dead_letters))
        yield from _all("read", "sqs", ("GetQueueUrl", "GetQueueAttributes"), *queues)
        yield Permission("read", "lambda:ListEventSourceMappings", (ANY,), ANY)
    if spec.sagemaker is not None:
        endpoint = site.arn("sagemaker", f"endpoint/{names.endpoint.lower()}")
        yield from _all("read", "sagemaker", ("DescribeEndpoint",), endpoint)
    if spec.history is not None:
        yield from _all("read", "dynamodb", ("DescribeTable",), _table(site))
    if spec.lake is not None:
        yield from _all("read", "firehose", ("DescribeDeliveryStream",), _stream(site))
    writers = [(spec.history, names.history_writer), (spec.lake, names.lake_transform)]
    functions = [site.arn("lambda", f"function:{name}") for part, name in writers if part is not None]
    if functions:
        yield from _all("read", "lambda", ("GetFunctionConfiguration",), *functions)
        group = site.arn("logs", f"log-group:{names.log_group}:*")
        yield from _all("read", "logs", ("DescribeSubscriptionFilters",), group)


def ask(site: Site) -> Iterator[Permission]:
    """To ask Athena about the lake, also about those of other models whose files the caller may read.

    https://docs.aws.amazon.com/athena/latest/ug/security-iam-athena.html
    """
    if site.spec.lake is None:
        return
    workgroup, database = site.arn("athena", f"workgroup/{site.names.lake}"), site.names.lake_database
    queries = ("GetQueryExecution", "GetQueryResults", "StartQueryExecution", "StopQueryExecution")
    yield from _all("ask", "athena", queries, workgroup)
    catalog = site.arn("glue", "catalog")
    tables = [site.arn("glue", f"table/{database}/{name}") for name in (LAKE_TABLE, LAKE_ALIAS)]
    own = site.arn("glue", f"database/{database}")
    yield from _all("ask", "glue", ("GetDatabase", "GetPartitions", "GetTable"), own, *tables, catalog)
    yield from _all("ask", "glue", ("GetDatabases",), catalog, own)
    yield from _all("ask", "glue", ("GetDatabase",), site.arn("glue", f"database/{GLUE_DEFAULT}"), catalog)
    bucket = f"arn:{site.partition}:s3:::{site.names.stack.lower()[:_BUCKET_STEM]}*"
    files = f"{bucket}/{layout.FOLDER}/{layout.model_folder(site.names.log_group)}/*"
    results = f"{bucket}/athena-results/{site.names.lake}/*"
    yield from _all("ask", "s3", ("GetBucketLocation", "ListBucket"), bucket)
    yield from _all("ask", "s3", ("GetObject",), files, results)
    yield from _all("ask", "s3", ("AbortMultipartUpload", "ListMultipartUploadParts", "PutObject"), results)
    keys = site.arn("kms", "key/*")
    for action in ("Decrypt", "GenerateDataKey"):
        yield Permission("ask", f"kms:{action}", (keys,), keys, f"s3.{site.caller.region}.amazonaws.com")


def check(site: Site) -> Iterator[Permission]:
    """To put messages into the queue, also by `send` and `dead-letters`, and to look for one transaction.

    What `dead-letters` needs: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/
    sqs-configure-dead-letter-queue-redrive.html. To receive is more than to read: it can hide a message.
    """
    if site.spec.queue is not None:
        again = ("ReceiveMessage", "DeleteMessage", "StartMessageMoveTask")
        yield from _all("check", "sqs", again, site.arn("sqs", site.names.dead_letters))
        yield from _all("check", "sqs", ("SendMessage",), site.arn("sqs", site.names.queue))
        yield from _with_key(site, "sqs", "GenerateDataKey", "Decrypt")
    if site.spec.history is not None:
        yield from _all("check", "dynamodb", ("GetItem",), _table(site))
        yield from _with_key(site, "dynamodb", "Decrypt")


def deploy(site: Site) -> Iterator[Permission]:
    """To see whether a pipeline can read its source."""
    asked = site.spec.pipeline
    if asked is None:
        return
    if asked.connection is not None:
        yield from _all("deploy", "codeconnections", ("GetConnection",), asked.connection)
    else:
        yield from _all("deploy", "codecommit", ("GetRepository",), site.arn("codecommit", asked.repository))


def destroy(site: Site) -> Iterator[Permission]:
    """To remove what a stack leaves of history and lake, and a pipeline's bucket."""
    if site.spec.history is not None:
        yield from _all("destroy", "dynamodb", ("DeleteTable",), _table(site))
    stacks = ((site.spec.lake, site.names.stack), (site.spec.pipeline, site.names.pipeline_stack))
    stems = sorted({name.lower()[:_BUCKET_STEM] for part, name in stacks if part is not None})
    if stems:
        buckets = [f"arn:{site.partition}:s3:::{stem}*" for stem in stems]
        actions = ("ListBucketVersions", "GetEncryptionConfiguration", "DeleteBucket")
        yield from _all("destroy", "s3", actions, *buckets)
        objects = [f"{bucket}/*" for bucket in buckets]
        yield from _all("destroy", "s3", ("DeleteObject", "DeleteObjectVersion"), *objects)


def _all(use: Use, service: str, actions: tuple[str, ...], *resources: str) -> Iterator[Permission]:
    for action in actions:
        yield Permission(use, f"{service}:{action}", resources, resources[0])


def _with_key(site: Site, service: str, *actions: str) -> Iterator[Permission]:
    """To use the key of the account's own that a service encrypts with. KMS makes up its id."""
    if site.spec.logs.customer_key:
        keys = site.arn("kms", "key/*")
        for action in actions:
            via = f"{service}.{site.caller.region}.amazonaws.com"
            yield Permission("check", f"kms:{action}", (keys,), keys, via)


def _table(site: Site) -> str:
    return site.arn("dynamodb", f"table/{site.names.history}")


def _stream(site: Site) -> str:
    return site.arn("firehose", f"deliverystream/{site.names.lake}")
