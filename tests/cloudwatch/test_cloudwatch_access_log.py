"""The API's access log: variables that its kind of API has, and no text that a client writes."""

from __future__ import annotations

import json

import pytest
from cloudwatch_examples import a_spec, digits, rich
from log_events import access

from inferwatch.cloudwatch.access_log import access_log_format

# https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-logging-variables.html, and
# api-gateway-mapping-template-reference.html for REST APIs.
BOTH = {
    *("requestId", "requestTime", "httpMethod", "protocol", "status", "responseLength", "responseLatency"),
    *("error.responseType", "integration.status", "integration.latency", "identity.sourceIp", "identity.userArn"),
}
ONLY = {"http": {"routeKey", "authorizer.claims.sub"}, "rest": {"resourcePath", "identity.apiKeyId"}}

APIS = {
    "http, iam": '[api]\ntype = "http"\n',
    "http, jwt": '[api]\nauth = "jwt"\njwt_issuer = "https://example.com"\njwt_audience = ["models"]\n',
    "http, open": '[api]\nauth = "none"\n',
    "rest, key": '[api]\ntype = "rest"\n',
    "rest, iam": '[api]\ntype = "rest"\nauth = "iam"\n',
}


@pytest.mark.parametrize("api", APIS.values(), ids=APIS)
def test_only_variables_that_this_kind_of_api_has(tmp_path, api):
    spec = a_spec(tmp_path, api)
    used = {v.removeprefix("$context.") for v in access_log_format(spec).values() if v.startswith("$")}
    assert used <= BOTH | ONLY[spec.api.type]


@pytest.mark.parametrize("spec", [digits(), rich()], ids=lambda spec: spec.model.name)
def test_the_models_dimensions_are_literals(spec):
    members = access_log_format(spec)
    assert {name: members[name] for name in spec.identity.dimensions} == spec.identity.dimensions


@pytest.mark.parametrize("spec", [digits(), rich()], ids=lambda spec: spec.model.name)
def test_a_line_is_flat_json_of_texts(spec):
    event = access(spec, status=200, integration_status=200, requestId="abc=")
    assert event["status"] == event["integration_status"] == "200"
    assert event["error"] == "-"
    assert all(isinstance(value, str) for value in event.values())
    assert "\n" not in json.dumps(event)


@pytest.mark.parametrize("api", APIS.values(), ids=APIS)
def test_no_text_that_a_client_writes_can_break_the_line(tmp_path, api):
    used = " ".join(access_log_format(a_spec(tmp_path, api)).values())
    for free in ("context.path", "userAgent", "error.message", "requestOverride", "identity.apiKey ", "customDomain"):
        assert free not in used + " "


@pytest.mark.parametrize(
    ("api", "member", "variable"),
    [
        ("http, iam", "principal", "$context.identity.userArn"),
        ("http, jwt", "principal", "$context.authorizer.claims.sub"),
        ("rest, key", "api_key_id", "$context.identity.apiKeyId"),
        ("rest, iam", "principal", "$context.identity.userArn"),
    ],
)
def test_who_asked_is_known_by_how_they_are_let_in(tmp_path, api, member, variable):
    assert access_log_format(a_spec(tmp_path, APIS[api]))[member] == variable


MODEL = '[model]\nnamespace = "/a"\nname = "b"\nredact = {redact}\n'


@pytest.mark.parametrize(
    ("redact", "left"),
    [([], {"ip", "principal"}), (["requester.ip"], {"principal"}), (["requester"], set())],
)
def test_what_is_redacted_in_the_record_is_not_in_this_log(tmp_path, redact, left):
    members = access_log_format(a_spec(tmp_path, MODEL.format(redact=redact)))
    assert {"ip", "principal"} & set(members) == left


def test_without_an_api_there_is_no_format(tmp_path):
    assert access_log_format(a_spec(tmp_path, '[api]\ntype = "none"\n')) == {}
