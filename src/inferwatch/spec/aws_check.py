"""What cannot stand in the parts of a spec that are for AWS alone."""

from __future__ import annotations

import math
import re

from inferwatch.spec import limits
from inferwatch.spec.fault import Fault
from inferwatch.spec.monitor_spec import MonitorSpec
from inferwatch.spec.notify import NotifySpec

EPHEMERAL_STORAGE = (512, 10_240)
STAGE_MAX = 128

_ACCOUNT = r"\d{12}"
_REGION = r"[a-z]{2,4}(-[a-z]+)+-\d"  # eu-central-1, us-gov-west-1, eusc-de-east-1
_STAGE = r"[A-Za-z0-9_-]+"
_ADDRESS = r"[^@\s]+@[^@\s]+\.[^@\s]+"
_PHONE = r"\+[1-9]\d{6,14}"  # E.164
_SLACK = {
    "workspace_id": (r"[TE][0-9A-Z]{7,}", "it begins with T, as in the URL of Slack in a browser, /client/T…"),
    "channel_id": (r"[CG][0-9A-Z]{7,}", "it begins with C or G, and stands at the end of the channel's details"),
}
_API_AUTHS = {"http": ("iam", "jwt", "none"), "rest": ("api-key", "iam", "none")}


def check(spec: MonitorSpec) -> None:
    """Raise Fault for the first thing that cannot stand."""
    _function(spec)
    _api(spec)
    if spec.logs.retention_days not in limits.RETENTION_DAYS:
        allowed = ", ".join(str(days) for days in limits.RETENTION_DAYS)
        raise Fault("logs.retention_days", f"{spec.logs.retention_days} is not CloudWatch's; allowed are {allowed}")
    _account(spec)
    for name, target in spec.notify.items():
        _target(f"notify.{name}", target)


def _function(spec: MonitorSpec) -> None:
    function = spec.function
    low, high = EPHEMERAL_STORAGE
    if not low <= function.ephemeral_storage <= high:
        allowed = f"allowed are {low} to {high} MB"
        raise Fault("function.ephemeral_storage", f"{function.ephemeral_storage} is out of range; {allowed}")
    reserved, provisioned = function.reserved_concurrency, function.provisioned_concurrency
    for key, value in (("reserved_concurrency", reserved), ("provisioned_concurrency", provisioned)):
        if value is not None and value < 1:
            raise Fault(f"function.{key}", f"{value} must be 1 or more; leave it out for none")
    if reserved is not None and provisioned is not None and provisioned > reserved:
        raise Fault("function.provisioned_concurrency", f"{provisioned} is more than is reserved, {reserved}")


def _api(spec: MonitorSpec) -> None:
    api = spec.api
    allowed = _API_AUTHS.get(api.type)
    if allowed and api.authorization not in allowed:
        has = ", ".join(repr(auth) for auth in allowed)
        raise Fault("api.auth", f"{api.auth!r} is not possible with type {api.type!r}; it has {has}")
    if api.authorization == "jwt" and not (api.jwt_issuer or "").startswith("https://"):
        raise Fault("api.jwt_issuer", "must be the https URL of who issues the tokens, for auth 'jwt'")
    if api.authorization == "jwt" and not api.jwt_audience:
        raise Fault("api.jwt_audience", "must name the audiences whose tokens are accepted, for auth 'jwt'")
    if not 0 < api.rate_limit < math.inf:
        raise Fault("api.rate_limit", f"{api.rate_limit} is not allowed; expected requests a second, more than 0")
    if api.burst_limit < 1:
        raise Fault("api.burst_limit", f"{api.burst_limit} must be 1 or more")
    if api.daily_quota is not None and not (api.daily_quota >= 1 and api.authorization == "api-key"):
        raise Fault("api.daily_quota", "must be 1 or more, and needs auth 'api-key'")
    if api.stage is not None and not (re.fullmatch(_STAGE, api.stage) and len(api.stage) <= STAGE_MAX):
        raise Fault("api.stage", f"{api.stage!r} may hold letters, digits, '-' and '_' only, at most {STAGE_MAX}")
    for origin in api.allow_origins:
        if origin != "*" and not re.fullmatch(r"https?://[^/\s]+", origin):
            raise Fault("api.allow_origins", f"{origin!r} is no origin, as in 'https://example.com'")


def _account(spec: MonitorSpec) -> None:
    account, region = spec.aws.account, spec.aws.region
    if account is not None and not re.fullmatch(_ACCOUNT, account):
        raise Fault("aws.account", f"{account!r} is no account; it has 12 digits, in quotes")
    if region is not None and not re.fullmatch(_REGION, region):
        raise Fault("aws.region", f"{region!r} is no region, as in 'eu-central-1'")


def _target(key: str, target: NotifySpec) -> None:
    for member, (pattern, hint) in _SLACK.items():
        value = getattr(target, member)
        if value is not None and not re.fullmatch(pattern, value):
            raise Fault(f"{key}.{member}", f"{value!r} is no {member.replace('_id', '')} id of Slack's: {hint}")
    if target.type == "slack" and (target.workspace_id is None) != (target.channel_id is None):
        missing = "channel_id" if target.channel_id is None else "workspace_id"
        raise Fault(f"{key}.{missing}", f"is missing: {_SLACK[missing][1]}")
    if target.type in ("email", "sms") and target.webhook_env is not None:
        raise Fault(f"{key}.webhook_env", f"is for slack and webhook; an {target.type} has none")
    if target.type == "email" and not re.fullmatch(_ADDRESS, target.address or ""):
        raise Fault(f"{key}.address", f"{target.address!r} is no e-mail address")
    if target.type == "sms" and not re.fullmatch(_PHONE, target.phone or ""):
        raise Fault(f"{key}.phone", f"{target.phone!r} is no telephone number, as in '+4915112345678'")
