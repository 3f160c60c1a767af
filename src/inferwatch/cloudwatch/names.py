"""What everything of one model is called on AWS."""

from __future__ import annotations

import re

import msgspec

from inferwatch.spec.monitor_spec import MonitorSpec

HISTORY_INDEX = "by-model-and-time"
"""Of the history's table."""

HISTORY_ALARM = "History-Alarm"
"""On what the history's writer had to give up: an alarm that no spec declares."""

LAKE_TABLE = "transactions"
"""Of the lake's database."""

LAKE_ALIAS = "model_monitoring_logs"
"""The same table under another name."""

LAKE_OF = "The lake of "
"""What a lake's database says of itself: the log group follows."""

GLUE_DEFAULT = "default"
"""The database that Athena looks at whatever it is asked about, by its page on access to Glue's catalog:
https://docs.aws.amazon.com/athena/latest/ug/fine-grained-access-to-glue-resources.html"""

REGISTRY_TABLE = "inferwatch-registry"
"""Of all models of an account and region."""

REGISTRY_STACK = "InferWatch-Registry"
"""In which that table is made."""

REGISTRY_MODELS = "models"
"""The table's partition key of what says which models there are. A model's own is its log group, which has a slash."""


class Names(msgspec.Struct, frozen=True, kw_only=True):
    """The names of one model's resources, in one account and region.

    prefix: the model's name and, where the spec declares environments, the environment, in letters, digits, `-` and
    `_`. function: of the Lambda; alias: what is called and shifted; access_log_group: of the API's access log;
    endpoint: of SageMaker, the spec's own where it names one that is there; history: the table, history_writer and
    lake_transform the functions that fill it and the lake; history_failures: the queue of what was not written;
    lake: delivery stream and workgroup; lake_database: Glue's; history_subscription, lake_subscription: filters of the
    log group, which takes no third; pipeline, pipeline_stack: one for all environments.
    """

    prefix: str
    stack: str
    function: str
    api: str
    stage: str
    dashboard: str
    topic: str
    log_group: str
    access_log_group: str
    health_alarm: str
    queue: str
    dead_letters: str
    endpoint: str
    endpoint_log_group: str
    history: str
    history_writer: str
    history_failures: str
    history_subscription: str
    lake: str
    lake_transform: str
    lake_subscription: str
    lake_database: str
    pipeline: str
    pipeline_stack: str
    alias: str = "live"

    def alarm(self, name: str) -> str:
        """CloudWatch's name of the alarm that the spec calls `name`: `<model>-High-Latency-Alarm`."""
        return f"{self.prefix}-{name}"

    def query(self, title: str) -> str:
        """A saved query's name; Logs Insights shows slashes as folders."""
        return f"{self.log_group.strip('/')}/{title}"


def names(spec: MonitorSpec) -> Names:
    """The names of `spec` in its environment."""
    identity = spec.identity
    environment = f"-{identity.environment}" if spec.environments else ""
    prefix = plain(f"{identity.model_name}{environment}")
    endpoint = _endpoint(spec, prefix)
    return Names(
        prefix=prefix,
        stack=_stack(f"{identity.log_group}{environment}"),
        function=f"{prefix}-Inference",
        api=f"{prefix}-Inference-API",
        stage=spec.api.stage or plain(identity.environment),
        dashboard=f"{prefix}-Inference-Monitoring-Dashboard",
        topic=f"{prefix}-Inference-Alarms",
        log_group=identity.log_group,
        access_log_group=f"{identity.log_group}/access",
        health_alarm=f"{prefix}-Health-Alarm",
        queue=f"{prefix}-Inference-Queue",
        dead_letters=f"{prefix}-Inference-Dead-Letters",
        endpoint=endpoint,
        endpoint_log_group=f"/aws/sagemaker/Endpoints/{endpoint}",
        history=f"{prefix}-Inference-History",
        history_writer=f"{prefix}-History-Writer",
        history_failures=f"{prefix}-History-Writer-Failures",
        history_subscription=f"{prefix}-History",
        lake=f"{prefix}-Inference-Lake",
        lake_transform=f"{prefix}-Lake-Transform",
        lake_subscription=f"{prefix}-Lake",
        lake_database=re.sub(r"[^a-z0-9]+", "_", f"{identity.log_group}{environment}".lower()).strip("_"),
        pipeline=f"{plain(identity.model_name)}-Delivery",
        pipeline_stack=_stack(f"{identity.log_group}-delivery"),
    )


def _stack(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9]+", "-", text).strip("-")


def _endpoint(spec: MonitorSpec, prefix: str) -> str:
    """SageMaker's names have no underscores."""
    given = spec.sagemaker.endpoint if spec.sagemaker else None
    return given or re.sub(r"[^A-Za-z0-9]+", "-", f"{prefix}-Endpoint").strip("-")


def plain(text: str) -> str:
    """What a function, a dashboard and a topic may all be called."""
    return re.sub(r"[^A-Za-z0-9_-]+", "-", text).strip("-")
