"""The spec on AWS, as constructs of the AWS CDK, each usable alone in an app of one's own.

ModelStack              all of the below, for one model in one environment
├── InferenceFunction   the model as a Lambda function: image or zip, log group, role, alias, rollout
├── InferenceApi        the API Gateway in front of it
├── InferenceQueue      a queue in front of it, and its dead-letter queue
├── InferenceHistory    a table of the last transactions
├── SageMakerInference  the endpoint that the function asks: model, configuration, endpoint, log group, role
├── TransactionLake     every transaction as Parquet in S3, with a table for Athena
└── ModelMonitoring     metrics, alarms, dashboard, saved queries, notifications
model_app               an app with the stack of a model's folder
EndpointStack           a SageMakerInference alone
endpoint_app            an app with the endpoint of a model's folder

ModelAccess             who may read what lies below one node of the organisation
NodeSink                where a node's metrics are looked at, in another account
PipelineStack           the pipeline of a model, alone
└── DeliveryPipeline    tests and deploys a model, environment after environment
pipeline_app            an app with the pipeline of a model's folder

Importing this says which Node.js the CDK runs on, and raises MissingExtraError where the CDK is not installed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from inferwatch.cdk import node

node.prepare()  # before anything imports aws_cdk, which starts Node.js

if TYPE_CHECKING:
    from inferwatch.cdk.access.access import ModelAccess
    from inferwatch.cdk.access.observability import NodeSink
    from inferwatch.cdk.api.api import InferenceApi
    from inferwatch.cdk.app import model_app
    from inferwatch.cdk.endpoint.sagemaker import SageMakerInference
    from inferwatch.cdk.endpoint.stack import EndpointStack, endpoint_app
    from inferwatch.cdk.function import InferenceFunction
    from inferwatch.cdk.history import InferenceHistory
    from inferwatch.cdk.lake.lake import TransactionLake
    from inferwatch.cdk.monitoring.monitoring import ModelMonitoring
    from inferwatch.cdk.pipeline.pipeline import DeliveryPipeline
    from inferwatch.cdk.pipeline.stack import PipelineStack, pipeline_app
    from inferwatch.cdk.queue import InferenceQueue
    from inferwatch.cdk.registry import ModelRegistry, RegistryStack, registry_app
    from inferwatch.cdk.stack import ModelStack

__all__ = [
    "DeliveryPipeline",
    "EndpointStack",
    "InferenceApi",
    "InferenceFunction",
    "InferenceHistory",
    "InferenceQueue",
    "ModelAccess",
    "ModelMonitoring",
    "ModelRegistry",
    "ModelStack",
    "NodeSink",
    "PipelineStack",
    "RegistryStack",
    "SageMakerInference",
    "TransactionLake",
    "endpoint_app",
    "model_app",
    "pipeline_app",
    "registry_app",
]

_ROOM = {
    "DeliveryPipeline": "inferwatch.cdk.pipeline.pipeline",
    "EndpointStack": "inferwatch.cdk.endpoint.stack",
    "InferenceApi": "inferwatch.cdk.api.api",
    "InferenceFunction": "inferwatch.cdk.function",
    "InferenceHistory": "inferwatch.cdk.history",
    "InferenceQueue": "inferwatch.cdk.queue",
    "ModelAccess": "inferwatch.cdk.access.access",
    "ModelMonitoring": "inferwatch.cdk.monitoring.monitoring",
    "ModelRegistry": "inferwatch.cdk.registry",
    "ModelStack": "inferwatch.cdk.stack",
    "NodeSink": "inferwatch.cdk.access.observability",
    "PipelineStack": "inferwatch.cdk.pipeline.stack",
    "RegistryStack": "inferwatch.cdk.registry",
    "SageMakerInference": "inferwatch.cdk.endpoint.sagemaker",
    "TransactionLake": "inferwatch.cdk.lake.lake",
    "endpoint_app": "inferwatch.cdk.endpoint.stack",
    "model_app": "inferwatch.cdk.app",
    "pipeline_app": "inferwatch.cdk.pipeline.stack",
    "registry_app": "inferwatch.cdk.registry",
}


def __getattr__(name: str) -> Any:
    if name not in _ROOM:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    value = globals()[name] = getattr(import_module(_ROOM[name]), name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
