"""What AWS charges, by region: the price list's first tier, in USD without tax.

Nothing is guessed: a region that is not here has no prices, and a price that could not be read is None. Those of
provisioned concurrency and of builds are x86's, which arm64's are below.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

import msgspec

from inferwatch.errors import QueryError
from inferwatch.spec.fault import suggestion
from inferwatch.spec.function import Architecture


class Prices(msgspec.Struct, frozen=True, kw_only=True):
    """One region's. By the month where nothing else is said.

    source: where they were read, and when; gb_second: of a function's memory while it runs, by architecture;
    provisioned_gb_second: of memory that is kept warm; provisioned_run_gb_second: of the same while it runs;
    storage_gb_second: of /tmp beyond 512 MB; lambda_, sns, http_api, rest_api: a million requests; log_gb: taken in;
    stored_gb: of compressed log lines; scanned_gb: by a query of Logs Insights; put_metric_data: a thousand requests;
    image_gb: in the registry; key: of the customer's own; queue: a million requests of SQS; table_write: a million
    units of DynamoDB; table_gb, table_backup_gb: stored there, and kept for recovery; object_gb, object_put: S3, a
    thousand files written; asked_tb: read by Athena; stream_gb, conversion_gb: of Firehose; instance_hour: of an
    endpoint, by type; serverless_gb_second, endpoint_gb: of one without instances, and what goes in and out of any;
    action_minute, build_minute: of CodePipeline and CodeBuild.
    """

    source: str
    gb_second: dict[Architecture, Decimal]
    provisioned_gb_second: Decimal
    provisioned_run_gb_second: Decimal
    storage_gb_second: Decimal
    lambda_: Decimal = Decimal("0.20")
    metric: Decimal = Decimal("0.30")
    alarm: Decimal = Decimal("0.10")
    high_resolution_alarm: Decimal = Decimal("0.30")
    composite_alarm: Decimal = Decimal("0.50")
    dashboard: Decimal = Decimal("3.00")
    put_metric_data: Decimal = Decimal("0.01")
    log_gb: Decimal
    stored_gb: Decimal
    scanned_gb: Decimal
    http_api: Decimal
    rest_api: Decimal
    image_gb: Decimal = Decimal("0.10")
    sns: Decimal = Decimal("0.50")
    key: Decimal = Decimal("1.00")
    queue: Decimal = Decimal("0.40")
    table_write: Decimal
    table_gb: Decimal
    table_backup_gb: Decimal
    object_gb: Decimal
    object_put: Decimal
    asked_tb: Decimal = Decimal("5.00")
    stream_gb: Decimal | None = None
    conversion_gb: Decimal | None = None
    instance_hour: Mapping[str, Decimal] = {}
    serverless_gb_second: Decimal | None = None
    endpoint_gb: Decimal | None = None
    action_minute: Decimal = Decimal("0.002")
    build_minute: Decimal | None = None


_ON_DEMAND: dict[Architecture, Decimal] = {"x86_64": Decimal("0.0000166667"), "arm64": Decimal("0.0000133334")}

PRICES: Mapping[str, Prices] = {
    "eu-central-1": Prices(
        source="AWS's price pages in November 2026; of provisioned concurrency and /tmp, its calculator; of DynamoDB"
        " and S3, its price list of August 2026",
        gb_second=_ON_DEMAND,
        provisioned_gb_second=Decimal("0.0000050147"),
        provisioned_run_gb_second=Decimal("0.0000117011"),
        storage_gb_second=Decimal("0.0000000367"),
        log_gb=Decimal("0.63"),
        stored_gb=Decimal("0.0324"),
        scanned_gb=Decimal("0.0063"),
        http_api=Decimal("1.20"),
        rest_api=Decimal("3.70"),
        table_write=Decimal("0.7625"),
        table_gb=Decimal("0.306"),
        table_backup_gb=Decimal("0.2448"),
        object_gb=Decimal("0.0245"),
        object_put=Decimal("0.0054"),
    ),
    "us-east-1": Prices(
        source="AWS's price pages as they stood in 2026; of provisioned concurrency and /tmp, its calculator; of"
        " DynamoDB and S3, its price list of August 2026; of Firehose, SageMaker and CodeBuild, what others wrote down",
        gb_second=_ON_DEMAND,
        provisioned_gb_second=Decimal("0.0000041667"),
        provisioned_run_gb_second=Decimal("0.0000097222"),
        storage_gb_second=Decimal("0.0000000309"),
        log_gb=Decimal("0.50"),
        stored_gb=Decimal("0.03"),
        scanned_gb=Decimal("0.005"),
        http_api=Decimal("1.00"),
        rest_api=Decimal("3.50"),
        table_write=Decimal("0.625"),
        table_gb=Decimal("0.25"),
        table_backup_gb=Decimal("0.20"),
        object_gb=Decimal("0.023"),
        object_put=Decimal("0.005"),
        stream_gb=Decimal("0.029"),
        conversion_gb=Decimal("0.018"),
        instance_hour={
            "ml.t3.medium": Decimal("0.05"),
            "ml.m5.large": Decimal("0.115"),
            "ml.m5.xlarge": Decimal("0.23"),
            "ml.g4dn.xlarge": Decimal("0.736"),
            "ml.g5.xlarge": Decimal("1.408"),
        },
        serverless_gb_second=Decimal("0.00002"),
        endpoint_gb=Decimal("0.016"),
        build_minute=Decimal("0.005"),
    ),
}


class Free(msgspec.Struct, frozen=True, kw_only=True):
    """What an account has every month without paying, once for all that runs in it.

    log_gb: taken in and stored together; function_requests and gb_seconds: not of a function with provisioned
    concurrency; queue_requests: of SQS; table_gb: stored in DynamoDB; action_minutes, build_minutes: of pipelines.
    """

    function_requests: int = 0
    gb_seconds: int = 0
    metrics: int = 0
    alarms: int = 0
    dashboards: int = 0
    log_gb: int = 0
    metric_requests: int = 0
    notifications: int = 0
    queue_requests: int = 0
    table_gb: int = 0
    action_minutes: int = 0
    build_minutes: int = 0


NOTHING_FREE = Free()
FREE_TIER = Free(
    function_requests=1_000_000,
    gb_seconds=400_000,
    metrics=10,
    alarms=10,
    dashboards=3,
    log_gb=5,
    metric_requests=1_000_000,
    notifications=1_000_000,
    queue_requests=1_000_000,
    table_gb=25,
    action_minutes=100,
    build_minutes=100,
)


def prices(region: str) -> Prices:
    """The prices of `region`. Raises QueryError where they are not known."""
    found = PRICES.get(region)
    if found is None:
        known = ", ".join(PRICES)
        hint = suggestion(region, PRICES)
        raise QueryError(f"the prices of {region!r} are not known here; --region takes {known}{hint}")
    return found
