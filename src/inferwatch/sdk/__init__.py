"""Recording inferences. Importing this loads orjson and nothing heavier: it is billed as a Lambda's init."""

from __future__ import annotations

from inferwatch.sdk.inference import Inference
from inferwatch.sdk.line import LineFormat, Transaction
from inferwatch.sdk.monitor import Monitor
from inferwatch.sdk.sinks import LogStreamSink, MemorySink, Sink, StdoutSink

__all__ = ["Inference", "LineFormat", "LogStreamSink", "MemorySink", "Monitor", "Sink", "StdoutSink", "Transaction"]
