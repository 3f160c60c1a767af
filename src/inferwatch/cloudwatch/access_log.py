"""One line of the API's access log: a JSON object with these members."""

from __future__ import annotations

from inferwatch.spec.monitor_spec import MonitorSpec

# API Gateway puts values in as they are, so none of them may be a text that a client is free to write: a quotation
# mark would break the line, or say what is not so. No path, no header, no message.
_EVERY = {
    "request_id": "$context.requestId",
    "time": "$context.requestTime",
    "method": "$context.httpMethod",
    "protocol": "$context.protocol",
    "status": "$context.status",
    "error": "$context.error.responseType",
    "response_size": "$context.responseLength",
    "latency": "$context.responseLatency",
    "integration_status": "$context.integration.status",
    "integration_latency": "$context.integration.latency",
}
_ROUTES = {"http": "$context.routeKey", "rest": "$context.resourcePath"}
_PRINCIPALS = {
    "iam": ("principal", "$context.identity.userArn"),
    "jwt": ("principal", "$context.authorizer.claims.sub"),
    "api-key": ("api_key_id", "$context.identity.apiKeyId"),
}


def access_log_format(spec: MonitorSpec) -> dict[str, str]:
    """The members by name, each a text or one of API Gateway's `$context` variables; `-` stands for what is not there.

    model_name and environment are literals, since a metric filter can make dimensions only of members. What the
    spec redacts in a record's requester is not in this log either. Empty for a spec without an API.
    """
    if spec.api.type == "none":
        return {}
    return {**spec.identity.dimensions, **_EVERY, "route": _ROUTES[spec.api.type], **_requester(spec)}


def _requester(spec: MonitorSpec) -> dict[str, str]:
    members = {"ip": "$context.identity.sourceIp"}
    if spec.api.authorization in _PRINCIPALS:
        name, variable = _PRINCIPALS[spec.api.authorization]
        members[name] = variable
    hidden = {path.removeprefix("requester.") for path in spec.model.redact if path.startswith("requester.")}
    return {} if "requester" in spec.model.redact else {n: v for n, v in members.items() if n not in hidden}
