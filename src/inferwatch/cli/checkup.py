"""The doctor's checks. Each yields findings, and raises only what the doctor shows as one."""

from __future__ import annotations

import importlib.util
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from inferwatch.cloudwatch.names import names
from inferwatch.cloudwatch.queries import unsaid
from inferwatch.finding import Finding
from inferwatch.spec.monitor_spec import MonitorSpec
from inferwatch.store import Store, catalog, lock

LOCAL_PACKAGES = ("duckdb", "httptools", "rich", "slack_sdk", "starlette", "uvicorn")
PART_PACKAGES = {"queue": ("moto", "boto3"), "aws": ("boto3",)}
"""By the extra that brings them."""
LOW_DISK_BYTES = 1024**3
IMPORT_SECONDS = 60

_LOAD = """
import os, sys
from inferwatch.errors import HandlerError
from inferwatch.serving.predictor import load_function
try:
    for entry in sys.argv[1:]:
        load_function(entry, os.getcwd())
except HandlerError as error:
    sys.exit(str(error))
"""

_TALLIES = {
    "skipped_metrics": "parts of embedded metrics were invalid and skipped",
    "out_of_range": "lines had metrics older than 14 days or over 2 h ahead; they are in the lake, not in the charts",
    "unattributed": "killed invocations could not be given a record, since their stream does not say whose it is",
    "quarantined_files": "damaged files were moved out of the lake",
}


def machine() -> Iterator[Finding]:
    """Python, the system, and the packages of the `local` extra."""
    yield Finding("python", "ok", f"{platform.python_version()} at {sys.executable}")
    if sys.platform == "linux":
        yield Finding("system", "ok", f"{platform.system()} {platform.release()}")
    else:
        yield Finding("system", "wrong", f"{platform.system()}: `up` needs Linux; recording and reading work anywhere")
    needed = (*LOCAL_PACKAGES, "awslambdaric")
    missing = [name for name in needed if importlib.util.find_spec(name) is None]
    if missing:
        yield Finding("packages", "wrong", f"missing: {', '.join(missing)}; pip install 'inferwatch[local]'")
    else:
        yield Finding("packages", "ok", "everything of inferwatch[local] is there")


def spec(spec: MonitorSpec) -> Iterator[Finding]:
    """What the spec says, in one line."""
    identity = spec.identity
    yield Finding("spec", "ok", f"{identity.log_group}, version {identity.model_version}, {identity.environment}")
    if not spec.alarms:
        yield Finding("alarms", "warning", "no alarm is declared: nobody will be told when the model fails")
    for name, problem in unsaid(spec):
        yield Finding("query", "warning", f"{name} is no saved query of CloudWatch's: {problem}")


def parts(spec: MonitorSpec) -> Iterator[Finding]:
    """What queue and endpoint of the spec need on this machine."""
    wanted: list[tuple[str, str, str | None]] = []
    if spec.queue is not None:
        wanted.append(("queue", "queue", f"{names(spec).queue}, and its dead-letter queue, on loopback"))
    if spec.sagemaker is not None:
        served = f"`up` serves {spec.model.predict} as the container of {names(spec).endpoint}"
        wanted.append(("endpoint", "aws", served if spec.model.predict else None))
    for part, extra, says in wanted:
        missing = [name for name in PART_PACKAGES[extra] if importlib.util.find_spec(name) is None]
        if missing:
            yield Finding(part, "wrong", f"missing: {', '.join(missing)}; pip install 'inferwatch[{extra}]'")
        elif says is None:
            yield Finding(
                part, "wrong", "[model] has no `predict`, which the endpoint's container serves on this machine"
            )
        else:
            yield Finding(part, "ok", says)


def handler(spec: MonitorSpec) -> Iterator[Finding]:
    """Whether the model's functions import, tried in a process of its own."""
    entries = [entry for entry in (spec.model.predict, spec.model.parse) if entry]
    if not entries and spec.sagemaker is not None:
        return  # which is said of the endpoint
    if not entries:
        yield Finding(
            "handler", "warning", "[model] has no `predict`: `up` serves nothing and watches what your programs record"
        )
        return
    try:
        done = subprocess.run(
            [sys.executable, "-P", "-c", _LOAD, *entries],
            cwd=spec.folder,
            capture_output=True,
            text=True,
            timeout=IMPORT_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        yield Finding("handler", "wrong", f"{', '.join(entries)} did not import within {IMPORT_SECONDS} s")
        return
    if done.returncode:
        yield Finding("handler", "wrong", (done.stderr.strip().splitlines() or ["it ended without a word"])[-1])
    else:
        yield Finding("handler", "ok", f"{', '.join(entries)} imports")


def notify(spec: MonitorSpec, environ: Mapping[str, str]) -> Iterator[Finding]:
    """Whether each target can be delivered to; its secret is not told."""
    if not spec.notify:
        yield Finding("notify", "warning", "no [notify.*] table: notifications are shown on the page only")
    for name, target in spec.notify.items():
        variable = target.webhook_env
        if variable and environ.get(variable):
            yield Finding(f"notify.{name}", "ok", f"${variable} is set")
        else:
            wanted = f"set ${variable} to its URL" if variable else "name its variable by webhook_env"
            yield Finding(f"notify.{name}", "warning", f"not configured, its messages stay undelivered: {wanted}")


def data_folder(data: Path) -> Iterator[Finding]:
    """Whether the folder can be written, who writes it, and what its catalog says."""
    if not data.exists():
        yield Finding("data", "ok", f"{data} is not there yet; `inferwatch up` makes it")
        return
    free = shutil.disk_usage(data).free
    if not os.access(data, os.W_OK | os.X_OK):
        yield Finding("data", "wrong", f"{data} is not writable for this user")
    elif free < LOW_DISK_BYTES:
        yield Finding("data", "warning", f"{data}: only {free // 1024**2} MB are free on its disk")
    else:
        yield Finding("data", "ok", f"{data}: writable, {free // 1024**3} GB free")
    yield Finding("writer", "ok", _writer(data))
    if (data / catalog.FILE).exists():
        yield from _catalog(data)


def _writer(data: Path) -> str:
    try:
        held = lock.is_held(data)
    except FileNotFoundError:
        return "nothing has been running on it"
    return "an `inferwatch up` is running on it" if held else "nothing is running on it"


def _catalog(data: Path) -> Iterator[Finding]:
    with Store.open(data, writer=False) as store:
        counts, waiting, damaged = store.tally(), store.backlog(), store.check()
    doubled = counts.get("duplicates", 0)
    yield Finding("records", "ok", f"{counts.get('records', 0)} recorded, {doubled} doubles dropped")
    if waiting:
        yield Finding("ingest", "warning", f"{waiting} bytes wait in the streams; `inferwatch up` takes them in")
    for name, meaning in _TALLIES.items():
        if counts.get(name):
            yield Finding(name, "warning", f"{counts[name]} {meaning}")
    if damaged:
        yield Finding("lake", "wrong", f"damaged or missing: {', '.join(damaged)}; `inferwatch up` moves them aside")
