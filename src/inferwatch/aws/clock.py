"""This machine's clock beside AWS's, and its time zone beside CloudWatch's, which is UTC."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from email.utils import parsedate_to_datetime

import boto3
from botocore import exceptions as boto

from inferwatch.aws.explained import explained
from inferwatch.finding import Finding

NOTED_MS = 30_000
REFUSED_MS = 5 * 60_000
"""AWS refuses requests whose signature is older or newer than this."""


def ahead_ms(session: boto3.Session, now_ms: Callable[[], int]) -> int:
    """How far this machine's clock is ahead of AWS's, to a second; AWS's own is read from the Date of an answer.

    An answer that refuses the request has a date too, so the clock is told where nothing else works. Raises AwsError.
    """
    client = session.client("sts")
    with explained("asking AWS for the time"):
        if (credentials := session.get_credentials()) is not None:
            credentials.get_frozen_credentials()  # where they must be fetched first, that takes no part in the measure
        before = now_ms()
        try:
            answer = client.get_caller_identity()
        except boto.ClientError as refusal:
            answer = refusal.response
        after = now_ms()
    date = answer["ResponseMetadata"]["HTTPHeaders"]["date"]
    theirs_ms = int(parsedate_to_datetime(date).timestamp() * 1000) + 500  # cut to the second
    return (before + after) // 2 - theirs_ms


def finding(ahead: int, local: datetime) -> Finding:
    """What the difference means. local: now, in this machine's zone."""
    seconds = abs(ahead) / 1000
    zone = f"CloudWatch's times are UTC, this machine's {local.tzname()} ({local:%z})"
    if abs(ahead) < NOTED_MS:
        return Finding("clock", "ok", f"as AWS's, to {max(1, round(seconds))} s; {zone}")
    way = "ahead of" if ahead > 0 else "behind"
    if abs(ahead) < REFUSED_MS:
        says = f"{seconds:.0f} s {way} AWS's: charts and logs seem shifted by that; set it by NTP. {zone}"
        return Finding("clock", "warning", says)
    says = f"{seconds:.0f} s {way} AWS's, which refuses requests that are 5 minutes off: set it by NTP. {zone}"
    return Finding("clock", "wrong", says)
