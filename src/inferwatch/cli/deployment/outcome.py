"""What a deployment made, for the person who made it: where the model answers, a request to try, where to look."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from urllib.parse import quote

import orjson

from inferwatch.aws.resources import endpoint
from inferwatch.aws.site import Site
from inferwatch.spec.sample import sample

_CONSOLES = {
    "aws": "console.aws.amazon.com",
    "aws-cn": "console.amazonaws.cn",
    "aws-us-gov": "console.amazonaws-us-gov.com",
}


def lines(site: Site, outputs: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Pairs of what it is, and the link or command. outputs: the stack's."""
    body = shlex.quote(orjson.dumps(sample(site.spec.features)).decode())
    address = outputs.get(endpoint.URL)
    if address is not None:
        yield "predict", address
        yield "try", _request(site, address, body, outputs.get(endpoint.API_KEY_ID))
    else:
        options = f"--qualifier {site.names.alias} --region {site.caller.region} --cli-binary-format raw-in-base64-out"
        yield "try", f"aws lambda invoke --function-name {site.names.function} {options} --payload {body} /dev/stdout"
    yield "dashboard", dashboard(site)
    yield "logs", f"{_console(site)}#logsV2:log-groups/log-group/{_twice_quoted(site.names.log_group)}"
    yield "next", "inferwatch check --aws"


def dashboard(site: Site) -> str:
    """The dashboard's page in the console."""
    return f"{_console(site)}#dashboards/dashboard/{quote(site.names.dashboard, safe='')}"


def _request(site: Site, address: str, body: str, api_key_id: str | None) -> str:
    """With curl. Secrets are fetched as it runs, so that none is printed."""
    region, auth = site.caller.region, site.spec.api.authorization
    command = f"curl -d {body} -H 'content-type: application/json' {address}"
    if auth == "iam":
        signed = f'--aws-sigv4 aws:amz:{region}:execute-api --user "$AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY"'
        session = '-H "x-amz-security-token: $AWS_SESSION_TOKEN"'
        return f'eval "$(aws configure export-credentials --format env)"; {command} {signed} {session}'
    if auth == "api-key":
        value = f"aws apigateway get-api-key --region {region} --include-value --query value --output text"
        return f'{command} -H "x-api-key: $({value} --api-key {api_key_id})"'
    return f'{command} -H "authorization: Bearer $TOKEN"' if auth == "jwt" else command


def _console(site: Site) -> str:
    region = site.caller.region
    host = _CONSOLES.get(site.partition, _CONSOLES["aws"])
    return f"https://{region}.{host}/cloudwatch/home?region={region}"


def _twice_quoted(name: str) -> str:
    """As the console's own links have it: percent-encoded twice, with `$` for the first percent sign."""
    return quote(name, safe="").replace("%", "$25")
