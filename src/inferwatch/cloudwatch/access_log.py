"""One line of the API's access log: a JSON object with these members."""

from __future__ import annotations

from inferwatch.spec.monitor_spec import MonitorSpec

_EVERY = {
    "request_id": "$context.requestId",
    "time": "$context.requestTime",
    "method": "$context.httpMethod",
    "path": "$context.path",
    "protocol": "$context.protocol",
    "status": "$context.status",
    "response_size": "$context.responseLength",
    "latency": "$context.responseLatency",
    "integration_status": "$context.integration.status",
    "integration_latency": "$context.integration.latency",
    "error": "$context.error.message",
}
_PRINCIPALS = {"iam": "$context.identity.userArn", "jwt": "$context.authorizer.claims.sub"}


def access_log_format(spec: MonitorSpec) -> dict[str, str]:
    """The members by name, each a text or one of API Gateway's `$context` variables; `-` stands for what is not there.

    model_name and environment are literals, since a metric filter can make dimensions only of members. What the
    spec redacts in a record's requester is not in this log either.
    """
    identity = spec.identity
    return {**identity.dimensions, **_EVERY, **_requester(spec)}


def _requester(spec: MonitorSpec) -> dict[str, str]:
    members = {"ip": "$context.identity.sourceIp"}
    if spec.api.authorization in _PRINCIPALS:
        members["principal"] = _PRINCIPALS[spec.api.authorization]
    if spec.api.authorization == "api-key":
        members["api_key_id"] = "$context.identity.apiKeyId"
    hidden = {path.removeprefix("requester.") for path in spec.model.redact if path.startswith("requester.")}
    return {} if "requester" in spec.model.redact else {n: v for n, v in members.items() if n not in hidden}
