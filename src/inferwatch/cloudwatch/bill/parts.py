"""The lines of the parts that a model may have: queue, endpoint, history, lake, pipeline.

What cannot be known is counted at its most: every line of the log comes alone, no batch is full.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from decimal import Decimal

from inferwatch.cloudwatch.bill.line import (
    DAYS_A_MONTH,
    HOURS_A_MONTH,
    KB_A_GB,
    MB_A_GB,
    MILLION,
    SECONDS_A_MONTH,
    THOUSAND,
    Line,
    line,
    spread,
)
from inferwatch.cloudwatch.bill.prices import Free, Prices
from inferwatch.cloudwatch.bill.usage import Usage

POLLERS = 5
POLL_SECONDS = 20
"""Lambda asks an empty queue by so many requests at once, each of which waits so long for a message."""

REQUESTS_A_MESSAGE = 3
"""Sent, received, deleted."""

WRITER_MS, WRITER_MB = Decimal(50), Decimal(256)
TRANSFORM_MS, TRANSFORM_MB, TRANSFORM_SECONDS = Decimal(500), Decimal(512), 60
"""Taken for one call; Firehose calls once in so many seconds, or more often where much comes."""

TRANSFORM_KB = Decimal(2048)
INDEX_KB = Decimal("0.4")
"""Of one entry of the history's index, which is written beside the item, and is one unit."""

STREAM_STEP_KB = 5
LAKE_SHARE = Decimal("0.25")
"""Of the bytes of a log line, what its row takes in Parquet."""

RUNS = 20
BUILD_MINUTES, SOURCE_MINUTES, STAGE_MINUTES = 15, 1, 5
"""Of a pipeline: taken for a month, and for one run; of STAGE_MINUTES each stage has so many."""


def part_lines(usage: Usage, prices: Prices, free: Free) -> Iterator[Line]:
    """The lines of the parts that there are. A part whose price is not known has none: see `uncounted`."""
    yield from _queue(usage, prices, free)
    yield from _endpoint(usage, prices)
    yield from _side_functions(usage, prices, free)
    yield from _history(usage, prices, free)
    yield from _lake(usage, prices)
    yield from _pipeline(usage, prices, free)


def uncounted(usage: Usage, prices: Prices) -> Iterator[str]:
    """What the model has and the bill lacks, as its price is not known here."""
    endpoint = usage.endpoint
    if endpoint is not None and endpoint.endpoint is None:
        if endpoint.instance_type is not None and endpoint.instance_type not in prices.instance_hour:
            yield f"{endpoint.instances} x {endpoint.instance_type} of SageMaker"
        if endpoint.instance_type is None and prices.serverless_gb_second is None:
            yield "the serverless endpoint of SageMaker"
    if usage.lake is not None and prices.stream_gb is None:
        yield f"{_streamed_gb(usage):.3g} GB through Firehose and into Parquet"
    if usage.stages and prices.build_minute is None:
        yield f"{RUNS * BUILD_MINUTES} minutes of CodeBuild"


def _queue(usage: Usage, prices: Prices, free: Free) -> Iterator[Line]:
    if usage.queue:
        messages = Decimal(usage.requests * REQUESTS_A_MESSAGE)
        polls = Decimal(POLLERS * SECONDS_A_MONTH // POLL_SECONDS)
        for_messages, for_polls = spread(free.queue_requests, messages, polls)
        yield line("SQS", "Messages", messages, "requests", prices.queue, MILLION, for_messages)
        yield line("SQS", "Polling while idle", polls, "requests", prices.queue, MILLION, for_polls)


def _endpoint(usage: Usage, prices: Prices) -> Iterator[Line]:
    endpoint = usage.endpoint
    if endpoint is None or endpoint.endpoint is not None:
        return
    if endpoint.instance_type is not None:
        hour = prices.instance_hour.get(endpoint.instance_type)
        if hour is not None:
            hours = endpoint.instances * HOURS_A_MONTH
            yield line("SageMaker", endpoint.instance_type, hours, "hours", hour)
    elif prices.serverless_gb_second is not None:
        used = usage.requests * usage.billed_ms / 1000 * endpoint.memory / MB_A_GB
        yield line("SageMaker", "Serverless endpoint", used, "GB-s", prices.serverless_gb_second)
    if prices.endpoint_gb is not None:
        yield line("SageMaker", "Data in and out", usage.requests * usage.log_kb / KB_A_GB, "GB", prices.endpoint_gb)
    captured = usage.requests * Decimal(endpoint.capture_percent or 0) / 100 * usage.log_kb / KB_A_GB
    stored = captured * usage.retention_days / DAYS_A_MONTH
    yield line("S3", "Captured requests", stored, "GB-month", prices.object_gb)


def _side_functions(usage: Usage, prices: Prices, free: Free) -> Iterator[Line]:
    """Those of history and lake, which have what the model's own leaves of the free tier."""
    written = Decimal(usage.requests if usage.history_days else 0)
    calls = SECONDS_A_MONTH // TRANSFORM_SECONDS + usage.requests * usage.log_kb / TRANSFORM_KB
    transformed = min(Decimal(usage.requests), calls.to_integral_value()) if usage.lake else Decimal(0)
    writer, transform = (
        count * ms / 1000 * mb / MB_A_GB
        for count, ms, mb in ((written, WRITER_MS, WRITER_MB), (transformed, TRANSFORM_MS, TRANSFORM_MB))
    )
    own = Decimal(0) if usage.provisioned else usage.requests * usage.billed_ms / 1000 * usage.memory / MB_A_GB
    own_calls = Decimal(0 if usage.provisioned else usage.requests)
    _, free_writer, free_transform = spread(free.gb_seconds, own, writer, transform)
    _, free_calls = spread(free.function_requests, own_calls, written + transformed)
    price = prices.gb_second[usage.architecture]
    yield line("Lambda", "Duration of the history's writer", writer, "GB-s", price, free=free_writer)
    yield line("Lambda", "Duration of the lake's transform", transform, "GB-s", price, free=free_transform)
    yield line("Lambda", "Their requests", written + transformed, "requests", prices.lambda_, MILLION, free_calls)


def _history(usage: Usage, prices: Prices, free: Free) -> Iterator[Line]:
    if usage.history_days:
        units = usage.requests * (math.ceil(usage.log_kb) + 1)  # a unit a KB, and one of the index
        stored = usage.requests * usage.history_days / DAYS_A_MONTH * (usage.log_kb + INDEX_KB) / KB_A_GB
        yield line("DynamoDB", "Writes", units, "units", prices.table_write, MILLION)
        yield line("DynamoDB", "Stored", stored, "GB-month", prices.table_gb, free=min(stored, Decimal(free.table_gb)))
        yield line("DynamoDB", "Point-in-time recovery", stored, "GB-month", prices.table_backup_gb)


def _lake(usage: Usage, prices: Prices) -> Iterator[Line]:
    if usage.lake is None:
        return
    if prices.stream_gb is not None and prices.conversion_gb is not None:
        streamed = _streamed_gb(usage)
        yield line("Firehose", "Taken in", streamed, "GB", prices.stream_gb)
        yield line("Firehose", "Into Parquet", streamed, "GB", prices.conversion_gb)
    stored = usage.requests * usage.log_kb * LAKE_SHARE / KB_A_GB * usage.lake.days / DAYS_A_MONTH
    files = min(usage.requests, SECONDS_A_MONTH // max(usage.lake.buffer_seconds, TRANSFORM_SECONDS))
    yield line("S3", "Stored", stored, "GB-month", prices.object_gb)
    yield line("S3", "Files written", files, "requests", prices.object_put, THOUSAND)


def _streamed_gb(usage: Usage) -> Decimal:
    """Firehose counts each record in steps of 5 KB."""
    steps = math.ceil(usage.log_kb / STREAM_STEP_KB)
    return usage.requests * steps * STREAM_STEP_KB / KB_A_GB


def _pipeline(usage: Usage, prices: Prices, free: Free) -> Iterator[Line]:
    if usage.stages:
        built = Decimal(RUNS * BUILD_MINUTES)
        run = built + RUNS * (SOURCE_MINUTES + STAGE_MINUTES * usage.stages)
        yield line("CodePipeline", "Actions", run, "minutes", prices.action_minute, free=free.action_minutes)
        if prices.build_minute is not None:
            yield line("CodeBuild", "Builds", built, "minutes", prices.build_minute, free=free.build_minutes)
