"""How a request to the deployed model proves who sends it, over HTTP."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import ReadTimeoutError
from deployed_model import REGION, SPEC, World, account

from inferwatch.aws.resources import model_client, stack
from inferwatch.errors import AwsError

JWT = '\n[api]\nauth = "jwt"\njwt_issuer = "https://example.com"\njwt_audience = ["a"]\n'


class Api(BaseHTTPRequestHandler):
    """Answers every request well, and keeps it."""

    seen: list[dict[str, Any]]

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.seen.append({"path": self.path, "body": body, **{k.lower(): v for k, v in self.headers.items()}})
        self.send_response(200)
        self.send_header("X-Amzn-Thing", "yes")
        self.end_headers()
        self.wfile.write(b'{"prediction": 1, "transaction_id": "t"}')

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def api() -> Iterator[tuple[str, list[dict[str, Any]]]]:
    seen: list[dict[str, Any]] = []
    server = HTTPServer(("127.0.0.1", 0), type("OneApi", (Api,), {"seen": seen}))
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/dev/predict", seen
    server.shutdown()
    thread.join()
    server.server_close()


def sent(world: World, url: str, token: str | None = None) -> model_client.Answer:
    found = stack.find(world.session, world.names.stack)
    return model_client.sender(world.site, url, found, token)(b'{"hours":0}')


def test_an_iam_request_carries_a_signature_that_holds(tmp_path: Path, api: tuple[str, list[dict[str, Any]]]) -> None:
    url, seen = api
    with account():
        world = World(tmp_path)
        answer = sent(world, url)
        keys = world.session.get_credentials().get_frozen_credentials()
    (got,) = seen
    assert (answer.status, answer.transaction_id, answer.headers["x-amzn-thing"]) == (200, "t", "yes")
    assert (got["path"], got["body"], got["content-type"]) == ("/dev/predict", b'{"hours":0}', "application/json")
    again = AWSRequest("POST", url, {"Content-Type": "application/json"}, got["body"])
    again.context["timestamp"] = got["x-amz-date"]
    auth = SigV4Auth(Credentials(keys.access_key, keys.secret_key, keys.token), "execute-api", REGION)
    again.headers["X-Amz-Date"] = got["x-amz-date"]
    if keys.token:
        again.headers["X-Amz-Security-Token"] = keys.token
    text = auth.string_to_sign(again, auth.canonical_request(again))
    assert got["authorization"].endswith(f"Signature={auth.signature(text, again)}")


def test_an_api_key_is_fetched_by_its_id(tmp_path: Path, api: tuple[str, list[dict[str, Any]]]) -> None:
    url, seen = api
    with account():
        world = World(tmp_path, SPEC + '\n[api]\ntype = "rest"\n')
        world.replies(
            "api-gateway.GetApiKey", lambda asked: {"id": asked["apiKey"], "value": f"{asked['apiKey']}-value"}
        )
        sent(world, url)
    assert seen[0]["x-api-key"] == "k1-value"
    assert "authorization" not in seen[0]


def test_a_token_is_passed_on_and_asked_for(tmp_path: Path, api: tuple[str, list[dict[str, Any]]]) -> None:
    url, seen = api
    with account():
        world = World(tmp_path, SPEC + JWT)
        sent(world, url, "abc")
        with pytest.raises(AwsError, match="give it with --token"):
            sent(world, url)
    assert [one["authorization"] for one in seen] == ["Bearer abc"]


def test_a_stack_without_a_key_is_explained(tmp_path: Path) -> None:
    with account():
        world = World(tmp_path, SPEC + '\n[api]\ntype = "rest"\n')
        with pytest.raises(AwsError, match="has no output ApiKeyId"):
            model_client.sender(world.site, "http://127.0.0.1:9/x", None)


def test_an_address_without_an_api_is_explained(tmp_path: Path) -> None:
    with account():
        world = World(tmp_path, SPEC + '\n[api]\nauth = "none"\n')
        with pytest.raises(AwsError, match="sending a request to the model: AWS cannot be reached"):
            sent(world, "http://127.0.0.1:9/predict")


def test_a_function_that_does_not_answer_is_invoked_once(tmp_path: Path) -> None:
    sent: list[str] = []

    def silent(request: Any, **_: Any) -> None:
        sent.append(request.url)
        raise ReadTimeoutError(endpoint_url=request.url)

    with account():
        world = World(tmp_path)
        world.session.events.register_first("before-send.lambda.Invoke", silent)
        with pytest.raises(AwsError, match="AWS cannot be reached"):
            model_client.invoker(world.site)(b"{}")
    assert len(sent) == 1
