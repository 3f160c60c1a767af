"""What an environment is started with: names, variables, command, as Lambda gives them to a function."""

from __future__ import annotations

import os
import platform
import sys
import time
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

import msgspec
import orjson

from inferwatch.local.worker import HANDLER
from inferwatch.sdk import compiled_spec
from inferwatch.spec.monitor_spec import MonitorSpec


class Launch(msgspec.Struct, frozen=True):
    """One function on this machine. data: the data folder; environ: what its environments inherit."""

    spec: MonitorSpec
    data: Path
    environ: Mapping[str, str]

    @property
    def function_name(self) -> str:
        return self.spec.identity.model_name

    @property
    def version(self) -> str:
        return str(self.spec.identity.model_version)

    @property
    def log_group(self) -> str:
        return self.spec.identity.log_group

    @property
    def arn(self) -> str:
        return f"arn:aws:lambda:local:000000000000:function:{quote(self.function_name, safe='')}"

    @property
    def compiled(self) -> dict[str, Any]:
        return self.spec.compile()

    @property
    def compiled_file(self) -> Path:
        name = quote(f"{self.log_group}.{self.spec.identity.environment}", safe="")
        return self.data / "compiled" / f"{name}.json"

    def write_compiled(self) -> None:
        """Leave the compiled spec where the environments read it, whole or not at all. Raises OSError."""
        self.compiled_file.parent.mkdir(parents=True, exist_ok=True)
        unfinished = self.compiled_file.with_suffix(f".{os.getpid()}")
        unfinished.write_bytes(orjson.dumps(self.compiled))
        unfinished.replace(self.compiled_file)

    def stream_name(self, now_ms: int) -> str:
        """Lambda's form: `2026/11/21/digits[1]6f0c...`."""
        day = time.strftime("%Y/%m/%d", time.gmtime(now_ms // 1000))
        return f"{day}/{self.function_name}[{self.version}]{uuid.uuid4().hex}"

    def command(self) -> list[str]:
        """-P: a model's own `queue.py` must not hide the library's from the runtime; the handler adds the folder."""
        return [sys.executable, "-P", "-m", "inferwatch.local.worker", str(os.getpid())]

    def variables(self, stream: str, runtime_api: str) -> dict[str, str]:
        """The variables of one environment. stream: its log stream; runtime_api: host and port."""
        return {
            **self.environ,
            compiled_spec.VARIABLE: str(self.compiled_file.absolute()),
            "AWS_LAMBDA_RUNTIME_API": runtime_api,
            "AWS_LAMBDA_FUNCTION_NAME": self.function_name,
            "AWS_LAMBDA_FUNCTION_VERSION": self.version,
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(self.spec.function.memory),
            "AWS_LAMBDA_LOG_GROUP_NAME": self.log_group,
            "AWS_LAMBDA_LOG_STREAM_NAME": stream,
            "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
            "AWS_EXECUTION_ENV": "AWS_Lambda_python" + ".".join(platform.python_version_tuple()[:2]),
            "LAMBDA_TASK_ROOT": self.spec.folder,
            "_HANDLER": HANDLER,
            "TZ": "UTC",
        }
