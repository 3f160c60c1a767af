"""`inferwatch cost`: what a model costs on AWS in a month, line by line."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from decimal import ROUND_CEILING, Decimal
from pathlib import Path
from typing import Any

import click
import msgspec
from msgspec.structs import replace

from inferwatch.cli import options, output
from inferwatch.cli.clock import now_ms
from inferwatch.cli.traffic import Traffic, traffic
from inferwatch.cloudwatch.bill.bill import Bill, bill
from inferwatch.cloudwatch.bill.line import Line
from inferwatch.cloudwatch.bill.parts import BUILD_MINUTES, RUNS, uncounted
from inferwatch.cloudwatch.bill.prices import FREE_TIER, Prices, prices
from inferwatch.cloudwatch.bill.usage import Usage, usage
from inferwatch.spec import load_spec
from inferwatch.spec.monitor_spec import MonitorSpec

REGION = "eu-central-1"
REQUESTS = 100_000
BILLED_MS = Decimal(200)
LOG_KB = Decimal(2)
IMAGE_GB = Decimal(1)
NOTIFICATIONS = 1000
"""Taken where neither an option nor what was recorded says otherwise."""

_PER = {1: "", 1000: " a thousand", 1_000_000: " a million"}

Bills = tuple[Bill, Bill]
"""Without the free tier, and with it."""


class Asked(msgspec.Struct, frozen=True):
    """What the options say; None where they say nothing."""

    requests: int | None
    kb: float | None
    seconds: float | None
    memory: int | None


class _Number(click.FloatRange):
    """Without `nan`, which click takes to be in every range."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        number: float = super().convert(value, param, ctx)
        if math.isnan(number):
            self.fail("nan is no number", param, ctx)
        return number


@click.command()
@click.argument("path", type=click.Path(path_type=Path), default=Path())
@click.option("--requests", type=click.IntRange(0, 10**12), help="A month. [default: as recorded, extrapolated]")
@click.option("--kb", type=_Number(0, 10**6), help="Log lines of one request, in KB. [default: as recorded]")
@click.option("--seconds", type=_Number(0, 900), help="Billed for one request. [default: as recorded]")
@click.option("--memory", type=click.IntRange(128, 10_240), help="Of the function, in MB. [default: the spec's]")
@click.option("--region", help=f"Whose prices. [default: the spec's, else AWS_REGION, else {REGION}]")
@options.environment
@options.data
@options.as_json
def command(path: Path, region: str | None, environment: str | None, data: Path, as_json: bool, **asked: Any) -> None:
    """Work out what the model in PATH (its folder or its inferwatch.toml) costs on AWS in a month.

    Counted from the spec, and from the traffic that the data folder has recorded.
    """
    spec = load_spec(path, environment)
    region = region or spec.aws.region or os.environ.get("AWS_REGION") or REGION
    charged = prices(region)
    recorded = traffic(spec, data, now_ms())
    used = _used(spec, recorded, Asked(**asked))
    bills = _bills(used, charged)
    others = {name: _bills(other, charged) for name, other in _others(used)}
    lacking = tuple(uncounted(used, charged))
    if as_json:
        output.json_lines((*_rows(bills, others), *({"kind": "uncounted", "item": item} for item in lacking)))
    else:
        _print(bills, others, lacking)
    output.note(f"Prices of {region} in USD, first tier, without tax: {charged.source}.")
    if lacking:
        output.note(f"Not in the total, since what it costs in {region} is not known here: {'; '.join(lacking)}.")
    for note in (*_traffic_notes(used, recorded, Asked(**asked), data), *_limits(used, charged)):
        output.note(note)


def _used(spec: MonitorSpec, recorded: Traffic | None, asked: Asked) -> Usage:
    requests = recorded.requests_a_month if recorded else REQUESTS
    billed_ms = recorded.billed_ms if recorded else BILLED_MS
    log_kb = (recorded.log_kb if recorded else None) or LOG_KB
    if asked.seconds is not None:
        billed_ms = (Decimal(str(asked.seconds)) * 1000).to_integral_value(ROUND_CEILING)  # AWS rounds up to 1 ms
    used = usage(
        spec,
        requests=requests if asked.requests is None else asked.requests,
        billed_ms=billed_ms,
        log_kb=log_kb if asked.kb is None else Decimal(str(asked.kb)),
        image_gb=IMAGE_GB,
        notifications=NOTIFICATIONS,
    )
    return replace(used, memory=asked.memory or used.memory)


def _others(used: Usage) -> Iterator[tuple[str, Usage]]:
    """The same setup with what others choose."""
    yield f"{'without' if used.insights else 'with'} Lambda Insights", replace(used, insights=not used.insights)
    yield "with put_metric_data in each request", replace(used, put_metric_data=True)


def _bills(used: Usage, charged: Prices) -> Bills:
    return bill(used, charged), bill(used, charged, FREE_TIER)


def _rows(bills: Bills, others: dict[str, Bills]) -> Iterator[dict[str, object]]:
    """kind: `line`, `total`, or `alternative`, the total of another setup; amounts in USD.

    What the prices of a region lack follows as rows of kind `uncounted`.
    """
    for line, free in _pairs(bills):
        yield {
            **{"kind": "line", "service": line.service, "item": line.item, "quantity": float(line.quantity)},
            **{"unit": line.unit, "price": float(line.price), "per": int(line.per)},
            **{"amount": float(line.amount), "with_free_tier": float(free.amount)},
        }
    for kind, item, (paid, free_bill) in (
        ("total", "a month", bills),
        *(("alternative", name, other) for name, other in others.items()),
    ):
        yield {"kind": kind, "item": item, "amount": float(paid.total), "with_free_tier": float(free_bill.total)}


def _print(bills: Bills, others: dict[str, Bills], lacking: tuple[str, ...]) -> None:
    rows = [
        (line.service, line.item, _figure(line.quantity), line.unit, _price(line), str(line.amount), str(free.amount))
        for line, free in _pairs(bills)
    ]
    rows += [("", item, "", "", "not known", "?", "?") for item in lacking]
    totals = {("Total", "a month"): bills, **{("", name): other for name, other in others.items()}}
    rows += [(*name, "", "", "", str(paid.total), str(free.total)) for name, (paid, free) in totals.items()]
    columns = ("Service", "Item", "Quantity", "Unit", "Price", "USD", "USD with free tier")
    output.table(columns, rows, {"Total": "bold"})


def _pairs(bills: Bills) -> Iterator[tuple[Line, Line]]:
    return zip(bills[0].lines, bills[1].lines, strict=True)


def _figure(quantity: Decimal) -> str:
    """Thousands parted, and no more than three places."""
    return f"{quantity:,.3f}".rstrip("0").rstrip(".")


def _price(line: Line) -> str:
    return f"{line.price}{_PER[int(line.per)]}"


def _traffic_notes(used: Usage, recorded: Traffic | None, asked: Asked, data: Path) -> Iterator[str]:
    requests = _origin(asked.requests, recorded)
    billed = _origin(asked.seconds, recorded)
    logged = _origin(asked.kb, recorded and recorded.log_kb)
    yield (
        f"{used.requests:,} requests a month ({requests}), {_figure(used.billed_ms)} ms billed for each, init time"
        f" included ({billed}), {_figure(used.log_kb)} KB of log lines for each ({logged}),"
        f" kept for {used.retention_days} days."
    )
    if recorded:
        hours = recorded.seconds / 3600
        yield f"Recorded in {data}: {recorded.requests:,} requests within {hours:.3g} h, extrapolated to a month."
    elif "assumed" in (requests, billed, logged):
        yield f"Nothing of this model is recorded in {data}; --requests, --seconds and --kb say what to expect."


def _parts(used: Usage, charged: Prices) -> Iterator[str]:
    """What is not plain of the lines of queue, endpoint, history and lake."""
    if used.queue:
        twice = " and as one to the API" if used.api != "none" else ""
        yield f"Each request is counted as a message of the queue{twice}; Lambda polls the queue all month."
    if used.history_days or used.lake:
        yield "What goes to history and lake is counted as if each line came alone; together they cost less."
    if used.lake:
        yield f"Not counted: queries of Athena, which cost {charged.asked_tb} for each TB they read."
    if used.endpoint is not None and used.endpoint.endpoint is not None:
        yield f"Not counted: the endpoint {used.endpoint.endpoint}, which is there already."
    elif used.endpoint is not None:
        serverless = "" if used.endpoint.instance_type else " It is taken to work as long as the function does."
        yield f"Not counted: the endpoint's disk.{serverless}"


def _origin(given: float | None, recorded: object) -> str:
    if given is not None:
        return "as given"
    return "as recorded" if recorded else "assumed"


def _limits(used: Usage, charged: Prices) -> Iterator[str]:
    image = f"images of {_figure(used.image_gb)} GB, " if used.image_gb else ""
    runs = f"{RUNS} runs of the pipeline with builds of {BUILD_MINUTES} minutes, " if used.stages else ""
    yield f"Assumed: {image}{runs}{used.notifications:,} notifications, and metrics that have data all month."
    yield from _parts(used, charged)
    yield (
        "Not counted: traffic out of AWS, e-mail and SMS, requests to KMS, the registry of versions and deployments,"
        " which is a few cents at most, and queries of Logs Insights, which cost"
        f" {charged.scanned_gb} for each GB they read. The free tier is the account's, and all that runs there has it."
    )
    if used.provisioned and used.architecture == "arm64":
        yield "Provisioned concurrency is counted at x86's price; arm64's is lower."
