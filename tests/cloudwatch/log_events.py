"""Log events as Lambda and API Gateway write them, for what reads them."""

from __future__ import annotations

import json
import re
from typing import Any

from inferwatch.cloudwatch.access_log import access_log_format
from inferwatch.sdk import MemorySink, Monitor
from inferwatch.sdk.attempt import attempt_line
from inferwatch.sdk.endpoint_line import endpoint_line
from inferwatch.spec.monitor_spec import MonitorSpec


def report(status: str = "success", *, cold: bool = False, **further: str) -> dict[str, Any]:
    """`platform.report` as in Lambda's telemetry schema 2022-12-13, in JSON format. further: members of its record."""
    metrics = {
        "durationMs": 341.25,
        "billedDurationMs": 342,
        "memorySizeMB": 512,
        "maxMemoryUsedMB": 187,
        **({"initDurationMs": 812.4} if cold else {}),
    }
    return {
        "time": "2026-11-21T09:30:58.559Z",
        "type": "platform.report",
        "record": {
            "requestId": "6f7f0961-b1a5-4a3e-8d7e-0f6a5a9a4d3c",
            "metrics": metrics,
            "status": status,
            **further,
        },
    }


def inference(spec: MonitorSpec, **given: Any) -> dict[str, Any]:
    """A line of ours: what the model's function writes to standard output."""
    sink = MemorySink()
    monitor = Monitor(spec.compile(), sink, server_id="2026/11/21/[3]abc")
    features = {"pages": 3}
    monitor.record(
        request=features, response={"prediction": "approved"}, elapse=341.2, start_ms=1_795_253_458_209, **given
    )
    [line] = sink.lines
    return json.loads(line)


def attempt(spec: MonitorSpec, *, final: bool) -> dict[str, Any]:
    """A message that was refused, or that is to be tried again."""
    error = {"type": "ValueError", "message": "no"}
    status = "rejected" if final else "failed"
    line = inference(spec, status=status, error=error, message_id="1", receive_count=3)
    return json.loads(attempt_line(json.dumps(line).encode(), final=final))


def behind(spec: MonitorSpec) -> dict[str, Any]:
    """What the endpoint's container writes of a transaction of the function."""
    return json.loads(endpoint_line(json.dumps(inference(spec)).encode()))


def access(spec: MonitorSpec, **context: Any) -> dict[str, Any]:
    """A line of the API's access log, as API Gateway fills the format in; `-` for what there is not.

    context: values by the variable's name, `_` for `.`: `integration_status=200`.
    """

    def value(match: re.Match[str]) -> str:
        return str(context.get(match[1].replace(".", "_"), "-"))

    written = re.sub(r"\$context\.([A-Za-z.]+)", value, json.dumps(access_log_format(spec)))
    return json.loads(written)
