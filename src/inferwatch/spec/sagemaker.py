"""The SageMaker endpoint that serves the model, and that its function asks."""

from __future__ import annotations

from typing import Literal

import msgspec

ContentType = Literal["application/json", "text/csv"]


class SageMakerSpec(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[sagemaker]`. The function asks an endpoint for the prediction where this table stands.

    endpoint: the name of one that is there already, else one is made. image: URI of its container, else the model's
    folder becomes one; model_data: `s3://.../model.tar.gz`; instance_type: `ml.m5.large`, else it is serverless;
    instances: how many; memory: MB of a serverless one; max_concurrency: invocations at the same time of a serverless
    one; timeout: seconds of one request to the endpoint; retries: of a request that is throttled; content_type: how
    features are sent; capture_percent: of requests and answers that SageMaker keeps in S3.
    """

    endpoint: str | None = None
    image: str | None = None
    model_data: str | None = None
    instance_type: str | None = None
    instances: int = 1
    memory: int = 2048
    max_concurrency: int = 5
    timeout: float = 5.0
    retries: int = 3
    content_type: ContentType = "application/json"
    capture_percent: int | None = None
