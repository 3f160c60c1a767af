"""What a deployment made, for the person who made it: where the model answers, a request to try, where to look."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from urllib.parse import quote

import orjson

from inferwatch.aws.resources import model_client
from inferwatch.aws.site import Site
from inferwatch.cli.deployment.app import MODEL, PIPELINE, App
from inferwatch.spec.sample import sample

_CONSOLES = {
    "aws": "console.aws.amazon.com",
    "aws-cn": "console.amazonaws.cn",
    "aws-us-gov": "console.amazonaws-us-gov.com",
}


_PARTS = {
    "endpoint": "EndpointName",
    "queue": "QueueUrl",
    "letters": "DeadLetterQueueUrl",
    "history": "HistoryTable",
    "lake": "LakeBucket",
}
"""What the parts are called here, and the stack's output of each."""


def lines(site: Site, outputs: Mapping[str, str], app: App) -> Iterator[tuple[str, str]]:
    """Pairs of what it is, and the link or command. outputs: of the app's stack."""
    if app is MODEL:
        yield from _of_model(site, outputs)
    elif app is PIPELINE:
        yield from _of_pipeline(site)
    else:
        yield from _of_endpoint(site, outputs)


def _of_model(site: Site, outputs: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    body = shlex.quote(orjson.dumps(sample(site.spec.features)).decode())
    address = outputs.get(model_client.URL)
    if address is not None:
        yield "predict", address
        yield "try", _request(site, address, body, outputs.get(model_client.API_KEY_ID))
    else:
        options = f"--qualifier {site.names.alias} --region {site.caller.region} --cli-binary-format raw-in-base64-out"
        yield "try", f"aws lambda invoke --function-name {site.names.function} {options} --payload {body} /dev/stdout"
    for what, output in _PARTS.items():
        if output in outputs:
            yield what, outputs[output]
    if site.spec.queue is not None:
        yield "send", f"inferwatch send --aws {body}"
    yield "dashboard", dashboard(site)
    yield "logs", f"{_console(site)}#logsV2:log-groups/log-group/{_twice_quoted(site.names.log_group)}"
    yield "next", "inferwatch check --aws"


def _of_endpoint(site: Site, outputs: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    name = outputs.get(_PARTS["endpoint"], site.names.endpoint)
    yield "endpoint", name
    yield "logs", f"{_console(site)}#logsV2:log-groups/log-group/{_twice_quoted(site.names.log_group)}"
    yield "next", f'write endpoint = "{name}" under [sagemaker], so that `inferwatch deploy` makes none'


def _of_pipeline(site: Site) -> Iterator[tuple[str, str]]:
    """Its page, and how the first change comes into it."""
    name, region = quote(site.names.pipeline, safe=""), site.caller.region
    yield "pipeline", f"https://{region}.{_host(site)}/codesuite/codepipeline/pipelines/{name}/view?region={region}"
    if site.spec.pipeline is not None:
        yield "next", f"push to {site.spec.pipeline.branch} of {site.spec.pipeline.repository}"


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
    return f"https://{region}.{_host(site)}/cloudwatch/home?region={region}"


def _host(site: Site) -> str:
    return _CONSOLES.get(site.partition, _CONSOLES["aws"])


def _twice_quoted(name: str) -> str:
    """As the console's own links have it: percent-encoded twice, with `$` for the first percent sign."""
    return quote(name, safe="").replace("%", "$25")
