"""The deployed model as a client meets it: where it answers, and how a request proves who sends it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.httpsession import URLLib3Session

from inferwatch.aws.explained import explained
from inferwatch.aws.json_object import json_object
from inferwatch.aws.resources.stack import Stack
from inferwatch.aws.site import Site
from inferwatch.errors import AwsError

SECONDS = 35.0
"""API Gateway itself gives up after 30."""

COLD_START_S = 30.0
"""What a function may take to start, beyond the time that an invocation has."""

URL, API_KEY_ID = "Url", "ApiKeyId"
"""Outputs of the stack: the route that takes requests, and the key that an API with auth `api-key` asks for."""

_SENDING = "sending a request to the model"


class Answer(NamedTuple):
    """headers: by their names in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def document(self) -> dict[str, Any]:
        """The body's JSON object, empty where it is none."""
        return json_object(self.body)

    @property
    def transaction_id(self) -> str | None:
        """Of the record that the model wrote, None where the request never came to it."""
        found = self.document.get("transaction_id")
        return found if isinstance(found, str) else None


Send = Callable[[bytes], Answer]
"""Posts one body to the model. Raises AwsError where nothing answers."""


def sender(site: Site, address: str, found: Stack | None, token: str | None = None) -> Send:
    """What posts to `address` as the spec's API asks to be asked. found: the stack; token: for `jwt`.

    Raises AwsError.
    """
    auth = site.spec.api.authorization
    if auth == "jwt" and token is None:
        raise AwsError("the API asks for a token (auth 'jwt'): get one from its issuer and give it with --token")
    proof: dict[str, str] = {}
    if auth == "jwt":
        proof = {"Authorization": f"Bearer {token}"}
    elif auth == "api-key":
        proof = {"x-api-key": _api_key(site, found)}

    def send(body: bytes) -> Answer:
        request = AWSRequest("POST", address, {"Content-Type": "application/json", **proof}, body)
        with explained(_SENDING):
            if auth == "iam":
                SigV4Auth(site.session.get_credentials(), "execute-api", site.caller.region).add_auth(request)
            answer = URLLib3Session(timeout=SECONDS).send(request.prepare())
        return Answer(
            answer.status_code, {name.lower(): value for name, value in answer.headers.items()}, answer.content
        )

    return send


def invoker(site: Site) -> Send:
    """What invokes the function itself, for a model without an API."""
    patience = Config(read_timeout=site.spec.function.timeout + COLD_START_S, retries={"total_max_attempts": 1})
    client = site.session.client("lambda", config=patience)

    def send(body: bytes) -> Answer:
        with explained(_SENDING):
            answer = client.invoke(FunctionName=site.names.function, Qualifier=site.names.alias, Payload=body)
        failed = "FunctionError" in answer
        return Answer(500 if failed else answer["StatusCode"], {}, answer["Payload"].read())

    return send


def _api_key(site: Site, found: Stack | None) -> str:
    key_id = found.outputs.get(API_KEY_ID) if found else None
    if key_id is None:
        raise AwsError(
            f"the stack {site.names.stack} has no output {API_KEY_ID}, and the API asks for a key: deploy again"
        )
    with explained("fetching the API key"):
        answer = site.session.client("apigateway").get_api_key(apiKey=key_id, includeValue=True)
    return str(answer["value"])
