"""What the recording tests share: a compiled spec, a monitor into memory, and a strict reader of lines."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from inferwatch.sdk import MemorySink, Monitor
from inferwatch.sdk.clock import Clock
from inferwatch.spec.limits import UNITS

COMPILED: dict[str, Any] = {
    "namespace": "/abc_corp/claim",
    "model_name": "doc_classification",
    "model_version": 3,
    "deployment_id": 7,
    "environment": "prod",
    "metric_namespace": "abc_corp/claim",
    "log_group": "/abc_corp/claim/doc_classification",
    "confidence_scale": 1,
    "capture": "full",
    "redact": [],
    "by_version": False,
    "metrics": [{"name": "Pages", "field": "request.pages", "unit": "Count"}],
    "high_resolution": ["LatencyMs"],
}
START_MS = 1_763_715_600_125


@pytest.fixture
def compiled() -> dict[str, Any]:
    return json.loads(json.dumps(COMPILED))


@pytest.fixture
def sink() -> MemorySink:
    return MemorySink()


@pytest.fixture
def ticks() -> list[int]:
    """Nanoseconds that have passed on the monitor's clocks; a test moves them."""
    return [0]


@pytest.fixture
def clock(ticks: list[int]) -> Clock:
    return Clock(wall_ns=lambda: START_MS * 1_000_000 + ticks[0], monotonic_ns=lambda: ticks[0])


@pytest.fixture
def monitor(compiled: dict[str, Any], sink: MemorySink, clock: Clock) -> Monitor:
    return Monitor(compiled, sink, server_id="server-1", clock=clock)


def _no_constant(name: str) -> Any:
    raise AssertionError(f"{name} is no JSON")


def _no_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    names = [name for name, _ in pairs]
    assert len(names) == len(set(names)), f"a member stands twice: {names}"
    return dict(pairs)


def read_line(line: bytes) -> dict[str, Any]:
    """The line's document, after checking that it is one line of strict JSON and valid embedded metrics."""
    assert line.startswith(b'{"_aws":')
    assert line.endswith(b"}\n")
    assert line.count(b"\n") == 1
    assert b"\r" not in line
    document = json.loads(line.decode(), parse_constant=_no_constant, object_pairs_hook=_no_doubles)
    aws = document["_aws"]
    assert type(aws["Timestamp"]) is int
    for directive in aws["CloudWatchMetrics"]:
        assert set(directive) == {"Namespace", "Dimensions", "Metrics"}
        for dimensions in directive["Dimensions"]:
            assert 1 <= len(dimensions) <= 30
            for name in dimensions:
                assert isinstance(document[name], str)
                assert 1 <= len(document[name]) <= 1024
        names = [definition["Name"] for definition in directive["Metrics"]]
        assert 1 <= len(names) <= 100
        assert len(names) == len(set(names))
        assert not set(names) & {name for names in directive["Dimensions"] for name in names}
        for definition in directive["Metrics"]:
            assert set(definition) <= {"Name", "Unit", "StorageResolution"}
            assert definition["Unit"] in UNITS
            assert definition.get("StorageResolution", 60) in (1, 60)
            value = document[definition["Name"]]
            assert type(value) in (int, float), f"{definition['Name']} is {value!r}"
            assert abs(value) <= 2.0**360
    return document


@pytest.fixture
def read() -> Callable[[bytes], dict[str, Any]]:
    return read_line


@pytest.fixture
def last(sink: MemorySink) -> Callable[[], dict[str, Any]]:
    """Checks all lines in memory and gives the newest document."""
    return lambda: [read_line(line) for line in sink.lines][-1]
