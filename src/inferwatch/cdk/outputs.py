"""What a stack says of itself when it is deployed: where its parts are."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from inferwatch.cdk.stack import ModelStack

URL = "Url"
VERSION = "ModelVersion"
DEPLOYMENT_ID = "DeploymentId"


def outputs(stack: ModelStack) -> dict[str, str]:
    """The values by their names."""
    console = f"https://{stack.region}.console.aws.amazon.com/cloudwatch/home?region={stack.region}"
    identity = stack.spec.identity
    found = {
        VERSION: str(identity.model_version),
        DEPLOYMENT_ID: str(identity.deployment_id),
        "FunctionName": stack.function.function.function_name,
        "LogGroup": stack.logs.records.log_group_name,
        "Dashboard": f"{console}#dashboards/dashboard/{stack.called.dashboard}",
    }
    if stack.api is not None:
        found[URL] = stack.api.url
        if stack.api.api_key is not None:
            found["ApiKeyId"] = stack.api.api_key.key_id
    if stack.spec.sagemaker is not None:
        found["EndpointName"] = stack.called.endpoint
    if stack.queue is not None:
        found["QueueUrl"] = stack.queue.queue.queue_url
        found["DeadLetterQueueUrl"] = stack.queue.dead_letters.queue_url
    if stack.history is not None:
        found["HistoryTable"] = stack.history.table.table_name
    if stack.lake is not None:
        found["LakeBucket"] = stack.lake.bucket.bucket_name
    return found
