"""The names in the record of one inference: plain constants, so that the recording path loads nothing for them."""

from __future__ import annotations

from typing import Final

LINE_VERSION: Final = 1
RECORD_TYPE: Final = "inference_transaction"
ATTEMPT_TYPE: Final = "inference_attempt"
"""A message of the queue that was tried and left no transaction: it was refused, or it is tried again."""
ENDPOINT_TYPE: Final = "endpoint_invocation"
"""What an endpoint's container did for a function, whose line is the transaction."""

SUCCEEDED: Final = "succeeded"
FAILED: Final = "failed"
TIMEOUT: Final = "timeout"
REJECTED: Final = "rejected"
STATUSES: Final = (SUCCEEDED, FAILED, TIMEOUT, REJECTED)

# Metrics that every model has. The first six travel in the line as embedded metrics; the last three are
# read from the runtime's own report of each invocation.
INVOCATIONS: Final = "Invocations"
SUCCESS_COUNT: Final = "SuccessCount"
ERROR_COUNT: Final = "ErrorCount"
REJECTED_COUNT: Final = "RejectedCount"
LATENCY_MS: Final = "LatencyMs"
PREDICTION_PROBABILITY: Final = "PredictionProbability"
INIT_DURATION_MS: Final = "InitDurationMs"
MAX_MEMORY_USED_MB: Final = "MaxMemoryUsedMB"
BILLED_DURATION_MS: Final = "BilledDurationMs"
# What the gateway refused before an invocation began.
THROTTLES: Final = "Throttles"
REFUSED_COUNT: Final = "RefusedCount"
# Of a model's queue, by the gauges of SQS; and messages that failed and are tried again.
QUEUED_MESSAGES: Final = "QueuedMessages"
OLDEST_MESSAGE_AGE: Final = "OldestMessageAge"
DEAD_LETTERS: Final = "DeadLetters"
RETRIED_COUNT: Final = "RetriedCount"
GAUGES: Final = (QUEUED_MESSAGES, OLDEST_MESSAGE_AGE, DEAD_LETTERS)
QUEUE_METRICS: Final = (QUEUED_MESSAGES, OLDEST_MESSAGE_AGE, DEAD_LETTERS, RETRIED_COUNT)
# Of a model's endpoint, as SageMaker names them.
MODEL_LATENCY: Final = "ModelLatency"
OVERHEAD_LATENCY: Final = "OverheadLatency"
MODEL_ERRORS: Final = "InvocationModelErrors"
ENDPOINT_METRICS: Final = (MODEL_LATENCY, OVERHEAD_LATENCY, MODEL_ERRORS)
# No version of the model has seen what they count.
WITHOUT_VERSION: Final = frozenset({THROTTLES, REFUSED_COUNT, *QUEUE_METRICS, *ENDPOINT_METRICS})

BUILT_IN_UNITS: Final[dict[str, str]] = {
    INVOCATIONS: "Count",
    SUCCESS_COUNT: "Count",
    ERROR_COUNT: "Count",
    REJECTED_COUNT: "Count",
    LATENCY_MS: "Milliseconds",
    PREDICTION_PROBABILITY: "None",
    INIT_DURATION_MS: "Milliseconds",
    MAX_MEMORY_USED_MB: "Megabytes",
    BILLED_DURATION_MS: "Milliseconds",
    THROTTLES: "Count",
    REFUSED_COUNT: "Count",
    QUEUED_MESSAGES: "Count",
    OLDEST_MESSAGE_AGE: "Seconds",
    DEAD_LETTERS: "Count",
    RETRIED_COUNT: "Count",
    MODEL_LATENCY: "Microseconds",
    OVERHEAD_LATENCY: "Microseconds",
    MODEL_ERRORS: "Count",
}

DIMENSIONS: Final = ("model_name", "environment")
VERSION_DIMENSION: Final = "ModelVersion"

# Whose values a spec may redact, beside the user's own fields; the other core fields are what readers go by.
REDACTABLE: Final = frozenset({"request", "response", "features", "error", "requester", "prediction", "confidence"})

# Every name a record can have at its root; a user's own field may not take one of them.
CORE_FIELDS: Final = frozenset(
    {
        "_aws",
        "v",
        "namespace",
        "model_name",
        "model_version",
        "deployment_id",
        "environment",
        "server_id",
        "transaction_id",
        "request_id",
        "type",
        "request",
        "response",
        "request_size",
        "response_size",
        "start_at",
        "end_at",
        "elapse",
        "status",
        "requester",
        "error",
        "prediction",
        "confidence",
        "features",
        "cold_start",
        "truncated",
        VERSION_DIMENSION,
        *BUILT_IN_UNITS,
    }
)
