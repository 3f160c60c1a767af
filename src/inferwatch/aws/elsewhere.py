"""The same question to AWS's other regions, for what is not in the one that was asked."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import boto3
from botocore import exceptions as boto
from botocore.config import Config

AT_ONCE = 8
_QUICK = Config(connect_timeout=3, read_timeout=5, retries={"total_max_attempts": 1})


def regions_with(session: boto3.Session, service: str, has: Callable[[Any], bool]) -> list[str]:
    """The other regions for whose client of `service` `has` is true.

    A region that is not enabled for the account, or does not answer, has nothing.
    """
    asked = [
        (region, session.client(service, region_name=region, config=_QUICK))
        for region in session.get_available_regions(service, session.get_partition_for_region(session.region_name))
        if region != session.region_name
    ]
    with ThreadPoolExecutor(AT_ONCE) as threads:
        found = threads.map(lambda pair: _says_yes(has, pair[1]), asked)
        return [region for (region, _), yes in zip(asked, found, strict=True) if yes]


def _says_yes(has: Callable[[Any], bool], client: Any) -> bool:
    try:
        return has(client)
    except (boto.ClientError, boto.BotoCoreError):
        return False
