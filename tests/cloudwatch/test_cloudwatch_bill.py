"""A month's bill: one that was published, to the cent, and what holds of every bill."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from inferwatch.cloudwatch.bill.bill import Bill, bill
from inferwatch.cloudwatch.bill.parts import uncounted
from inferwatch.cloudwatch.bill.prices import FREE_TIER, NOTHING_FREE, PRICES, Free, prices
from inferwatch.cloudwatch.bill.usage import Usage
from inferwatch.errors import QueryError
from inferwatch.spec.lake import LakeSpec
from inferwatch.spec.sagemaker import SageMakerSpec

FRANKFURT = prices("eu-central-1")

# 600,000 s of 250 MB in 200,000 requests, an HTTP API, one metric, one alarm, Lambda Insights, an image of 1 GB,
# 1,000 notifications. It counts no lines of the model's own, and nothing that is stored.
PUBLISHED = Usage(
    requests=200_000, billed_ms=Decimal(3000), memory=250, metrics=1, alarms=1, insights=True,
    image_gb=Decimal(1), notifications=1000,
)  # fmt: skip


def lines(made: Bill) -> dict[tuple[str, str], tuple[str, str]]:
    return {(line.service, line.item): (f"{line.quantity.normalize():f}", str(line.amount)) for line in made.lines}


def test_the_published_bill_to_the_cent_with_nothing_free_but_the_dashboard() -> None:
    made = bill(PUBLISHED, FRANKFURT, Free(dashboards=3))
    assert lines(made) == {
        ("Lambda", "Duration"): ("146484.375", "2.44"),
        ("Lambda", "Requests"): ("200000", "0.04"),
        ("CloudWatch", "Custom metrics"): ("1", "0.30"),
        ("CloudWatch", "Lambda Insights metrics"): ("8", "2.40"),
        ("CloudWatch", "Alarms"): ("1", "0.10"),
        ("CloudWatch", "Dashboard"): ("1", "0.00"),
        ("CloudWatch", "Lambda Insights logs"): ("0.209808349609375", "0.13"),
        ("API Gateway", "HTTP API"): ("200000", "0.24"),
        ("ECR", "Image"): ("1", "0.10"),
        ("SNS", "Notifications"): ("1000", "0.00"),
    }
    services = {name: str(made.of(name)) for name in ("Lambda", "CloudWatch", "API Gateway", "ECR", "SNS")}
    assert services == {"Lambda": "2.48", "CloudWatch": "2.93", "API Gateway": "0.24", "ECR": "0.10", "SNS": "0.00"}
    assert str(made.total) == "5.75"


def amount(item: str, usage: Usage, free: Free = NOTHING_FREE, region: str = "eu-central-1") -> str:
    return next((str(line.amount) for line in bill(usage, prices(region), free).lines if line.item == item), "none")


def test_the_free_tier_is_taken_off_each_line() -> None:
    usage = replace(PUBLISHED, requests=3_000_000, billed_ms=Decimal(500), memory=1024, metrics=7, put_metric_data=True)
    assert amount("Duration", usage) == "25.00"
    assert amount("Duration", usage, FREE_TIER) == "18.33"  # 1,500,000 - 400,000 GB-s
    assert (amount("Requests", usage), amount("Requests", usage, FREE_TIER)) == ("0.60", "0.40")
    assert (amount("PutMetricData", usage), amount("PutMetricData", usage, FREE_TIER)) == ("30.00", "20.00")
    assert (amount("Alarms", usage), amount("Alarms", usage, FREE_TIER)) == ("0.10", "0.00")
    assert (amount("Dashboard", usage), amount("Dashboard", usage, FREE_TIER)) == ("3.00", "0.00")


def test_what_is_free_of_metrics_and_logs_is_given_once() -> None:
    usage = replace(PUBLISHED, requests=4 * 1024**2, metrics=7, log_kb=Decimal(1), retention_days=365)
    assert amount("Custom metrics", usage, FREE_TIER) == "0.00"
    assert amount("Lambda Insights metrics", usage, FREE_TIER) == "1.50"  # 7 and 3 of the 8 are free
    assert amount("Logs taken in", usage, FREE_TIER) == "0.00"  # 4 GB
    assert amount("Lambda Insights logs", usage, FREE_TIER) == "2.14"  # 4.4 GB, one of them free
    assert amount("Logs stored", usage, FREE_TIER) == amount("Logs stored", usage) == "0.23"  # 7.2 GB, compressed


def test_high_resolution_and_composite_alarms_are_never_free() -> None:
    usage = replace(PUBLISHED, alarms=0, high_resolution_alarms=2, composite_alarms=3)
    assert amount("High-resolution alarms", usage, FREE_TIER) == "0.60"
    assert amount("Composite alarms", usage, FREE_TIER) == "1.50"
    assert amount("Alarms", usage) == "none"


def test_provisioned_concurrency_is_paid_by_the_hour_and_loses_lambdas_free_tier() -> None:
    usage = replace(PUBLISHED, provisioned=2, memory=1024)
    assert amount("Provisioned concurrency", usage) == "26.36"  # 2 GB for 2,628,000 s
    assert amount("Duration", usage, FREE_TIER) == amount("Duration", usage) == "7.02"  # 600,000 GB-s
    assert amount("Requests", usage, FREE_TIER) == "0.04"


def test_an_architecture_a_larger_tmp_an_api_and_a_region_have_their_prices() -> None:
    assert amount("Duration", replace(PUBLISHED, architecture="arm64")) == "1.95"
    assert amount("Ephemeral storage", replace(PUBLISHED, ephemeral_storage=512 + 10 * 1024)) == "0.22"
    assert amount("Ephemeral storage", PUBLISHED) == "none"
    assert amount("REST API", replace(PUBLISHED, api="rest")) == "0.74"
    assert amount("HTTP API", replace(PUBLISHED, api="none")) == "none"
    assert amount("HTTP API", PUBLISHED, region="us-east-1") == "0.20"
    assert amount("Lambda Insights logs", PUBLISHED, region="us-east-1") == "0.10"


def test_a_region_without_known_prices_is_refused_with_those_that_have() -> None:
    with pytest.raises(QueryError, match=r"'eu-west-1' are not known here; --region takes eu-central-1, us-east-1"):
        prices("eu-west-1")


QUIET = Usage(requests=0, billed_ms=Decimal(100), memory=512, api="none", dashboards=0)
VIRGINIA = "us-east-1"


def test_a_queue_is_polled_all_month_though_nothing_comes() -> None:
    """Five requests at once of 20 s each: 657,000 in 730 hours."""
    usage = replace(QUIET, queue=True)
    assert lines(bill(usage, FRANKFURT)) == {("SQS", "Polling while idle"): ("657000", "0.26")}
    assert bill(usage, FRANKFURT, FREE_TIER).total == 0


def test_a_message_is_three_requests_and_what_is_free_goes_to_them_first() -> None:
    usage = replace(QUIET, queue=True, requests=10_000_000, billed_ms=Decimal(0))
    assert (amount("Messages", usage), amount("Messages", usage, FREE_TIER)) == ("12.00", "11.60")
    assert amount("Polling while idle", usage, FREE_TIER) == "0.26"


def test_an_item_is_paid_by_the_kilobyte_and_its_index_entry_by_one() -> None:
    usage = replace(QUIET, requests=1_000_000, log_kb=Decimal("1.2"), history_days=30)
    made = {item: quantity for (_, item), (quantity, _) in lines(bill(usage, FRANKFURT)).items()}
    assert made["Writes"] == "3000000"
    assert amount("Writes", usage) == "2.29"
    assert float(made["Stored"]) == pytest.approx(1_000_000 * 1.6 / 1024**2 * 30 / 30.4167, rel=1e-4)
    assert (amount("Stored", usage), amount("Stored", usage, FREE_TIER)) == ("0.46", "0.00")
    assert amount("Point-in-time recovery", usage, FREE_TIER) == "0.37"


def test_a_lake_is_paid_in_steps_of_5_kb_by_what_lies_there_and_by_its_files() -> None:
    usage = replace(QUIET, requests=1024**2, log_kb=Decimal(6), lake=LakeSpec(days=365, buffer_seconds=600))
    assert lines(bill(usage, prices(VIRGINIA)))[("Firehose", "Taken in")] == ("10", "0.29")
    assert amount("Into Parquet", usage, region=VIRGINIA) == "0.18"
    assert lines(bill(usage, FRANKFURT))[("S3", "Stored")] == ("18", "0.44")  # 1.5 GB a month, for twelve
    assert lines(bill(usage, FRANKFURT))[("S3", "Files written")] == ("4380", "0.02")


def test_few_requests_make_few_files_and_few_calls() -> None:
    usage = replace(QUIET, requests=10, log_kb=Decimal(1), lake=LakeSpec())
    made = lines(bill(usage, FRANKFURT))
    assert made[("S3", "Files written")] == ("10", "0.00")
    assert made[("Lambda", "Their requests")] == ("10", "0.00")


def test_the_functions_beside_the_model_have_what_it_leaves_of_the_free_tier() -> None:
    usage = replace(QUIET, requests=3_000_000, billed_ms=Decimal(200), memory=1024, history_days=1)
    assert amount("Duration of the history's writer", usage) == "0.63"  # 37,500 GB-s
    assert amount("Duration of the history's writer", usage, FREE_TIER) == "0.63"
    assert amount("Their requests", usage, FREE_TIER) == amount("Their requests", usage) == "0.60"
    kept_warm = replace(usage, provisioned=1)
    assert amount("Duration of the history's writer", kept_warm, FREE_TIER) == "0.00"
    assert amount("Their requests", kept_warm, FREE_TIER) == "0.40"


def test_an_endpoint_is_paid_by_its_instances_hours_or_by_its_memorys_seconds() -> None:
    usage = replace(QUIET, requests=1_000_000, log_kb=Decimal(1))
    instances = replace(usage, endpoint=SageMakerSpec(instance_type="ml.m5.large", instances=2))
    assert amount("ml.m5.large", instances, region=VIRGINIA) == "167.90"
    serverless = replace(usage, endpoint=SageMakerSpec(memory=2048))
    assert amount("Serverless endpoint", serverless, region=VIRGINIA) == "4.00"
    assert amount("Data in and out", serverless, region=VIRGINIA) == "0.02"
    captured = replace(instances, endpoint=SageMakerSpec(instance_type="ml.m5.large", capture_percent=50))
    kept = replace(captured, requests=1024**2 * 10, retention_days=365)
    assert amount("Captured requests", kept) == "1.47"  # 5 GB a month, for twelve
    there = replace(usage, endpoint=SageMakerSpec(endpoint="theirs"))
    assert bill(there, prices(VIRGINIA)).of("SageMaker") == 0


def test_a_pipelines_minutes() -> None:
    usage = replace(QUIET, stages=2)
    assert lines(bill(usage, prices(VIRGINIA))) == {
        ("CodePipeline", "Actions"): ("520", "1.04"),
        ("CodeBuild", "Builds"): ("300", "1.50"),
    }
    assert bill(usage, prices(VIRGINIA), FREE_TIER).total == Decimal("1.84")


def test_what_has_no_known_price_is_named_and_not_guessed() -> None:
    usage = replace(QUIET, requests=1024**2, log_kb=Decimal(1), lake=LakeSpec(), stages=1)
    usage = replace(usage, endpoint=SageMakerSpec(instance_type="ml.p5.48xlarge"))
    assert list(uncounted(usage, prices(VIRGINIA))) == ["1 x ml.p5.48xlarge of SageMaker"]
    assert list(uncounted(usage, FRANKFURT)) == [
        "1 x ml.p5.48xlarge of SageMaker",
        "5 GB through Firehose and into Parquet",
        "300 minutes of CodeBuild",
    ]
    serverless = replace(QUIET, endpoint=SageMakerSpec())
    assert list(uncounted(serverless, FRANKFURT)) == ["the serverless endpoint of SageMaker"]
    assert list(uncounted(replace(QUIET, endpoint=SageMakerSpec(endpoint="theirs")), FRANKFURT)) == []


@pytest.mark.parametrize("region", sorted(PRICES))
def test_a_part_without_a_line_is_named(region: str) -> None:
    charged = PRICES[region]
    endpoint = SageMakerSpec(instance_type="ml.m5.large")
    usage = replace(QUIET, requests=1, log_kb=Decimal(1), endpoint=endpoint, lake=LakeSpec(), stages=1)
    billed = {one.service for one in bill(usage, charged).lines}
    named = " ".join(uncounted(usage, charged))
    for service in ("SageMaker", "Firehose", "CodeBuild"):
        assert (service in billed) is not (service in named)


amounts = st.integers(0, 10**9)
usages = st.builds(
    Usage,
    requests=amounts,
    billed_ms=st.decimals(0, 900_000, places=3),
    memory=st.integers(128, 10_240),
    architecture=st.sampled_from(["x86_64", "arm64"]),
    provisioned=st.integers(0, 100),
    ephemeral_storage=st.integers(512, 10_240),
    log_kb=st.decimals(0, 256, places=3),
    access_kb=st.decimals(0, 1, places=1),
    retention_days=st.integers(0, 3653),
    metrics=st.integers(0, 100),
    alarms=st.integers(0, 100),
    high_resolution_alarms=st.integers(0, 100),
    composite_alarms=st.integers(0, 100),
    insights=st.booleans(),
    put_metric_data=st.booleans(),
    api=st.sampled_from(["http", "rest", "none"]),
    image_gb=st.decimals(0, 10, places=2),
    notifications=amounts,
    keys=st.integers(0, 2),
    queue=st.booleans(),
    endpoint=st.sampled_from([None, SageMakerSpec(), SageMakerSpec(instance_type="ml.m5.large", instances=3)]),
    endpoint_log_kb=st.decimals(0, 256, places=3),
    history_days=st.integers(0, 3650),
    lake=st.sampled_from([None, LakeSpec(), LakeSpec(days=1, buffer_seconds=0)]),
    stages=st.integers(0, 5),
)
frees = st.sampled_from([NOTHING_FREE, FREE_TIER])
regions = st.sampled_from(sorted(PRICES))


@given(usages, regions, frees)
def test_no_line_is_negative_and_the_total_is_that_of_the_lines(usage: Usage, region: str, free: Free) -> None:
    made = bill(usage, PRICES[region], free)
    assert all(line.amount >= 0 for line in made.lines)
    assert made.total == sum(line.amount for line in made.lines)
    assert made.total == sum(made.of(service) for service in {line.service for line in made.lines})


@given(usages, amounts, regions, frees)
def test_more_requests_never_cost_less(usage: Usage, more: int, region: str, free: Free) -> None:
    before, after = (
        {(line.service, line.item): line.amount for line in bill(asked, PRICES[region], free).lines}
        for asked in (usage, replace(usage, requests=usage.requests + more))
    )
    assert all(after[item] >= amount for item, amount in before.items())
    assert sum(after.values()) >= sum(before.values())


@given(usages, regions)
def test_the_free_tier_takes_off_and_never_adds(usage: Usage, region: str) -> None:
    paid, free = bill(usage, PRICES[region]), bill(usage, PRICES[region], FREE_TIER)
    pairs = list(zip(paid.lines, free.lines, strict=True))
    assert all((p.item, p.quantity, p.price) == (f.item, f.quantity, f.price) for p, f in pairs)
    assert all(f.amount <= p.amount for p, f in pairs)
