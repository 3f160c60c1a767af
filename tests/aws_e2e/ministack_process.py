"""MiniStack, which stands in for AWS: on the loopback, with a data folder of its own."""

from __future__ import annotations

import http.client
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3
from botocore.awsrequest import AWSPreparedRequest
from emulator_environment import EMULATORS, python_of
from emulator_process import free_port, running

ACCOUNT = "111122223333"
REGION = "eu-central-1"
SECRET = "test"


class MiniStack:
    """A running MiniStack; url: where all its services are."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self.session = session(ACCOUNT, SECRET)

    def client(self, service: str, *, tls: bool = False) -> Any:
        """A client of a service. tls: says that it came over TLS, as a proxy in front of MiniStack would."""
        client = self.session.client(service, endpoint_url=self.url)
        if tls:
            client.meta.events.register("before-send", came_over_tls)
        return client

    @property
    def environ(self) -> dict[str, str]:
        """What a program needs to take MiniStack for AWS, and nothing else for it."""
        return {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ACCESS_KEY_ID": ACCOUNT,
            "AWS_SECRET_ACCESS_KEY": SECRET,
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_EC2_METADATA_DISABLED": "true",
        }


def came_over_tls(request: AWSPreparedRequest, **_: Any) -> None:
    """For the event `before-send` of a client or a session."""
    request.headers["X-Forwarded-Proto"] = "https"


def session(key: str, secret: str) -> boto3.Session:
    """A session with these credentials. An account's number as the key is its root's."""
    return boto3.Session(aws_access_key_id=key, aws_secret_access_key=secret, region_name=REGION)


@contextmanager
def ministack(data: Path) -> Iterator[MiniStack]:
    """MiniStack over `data`; it has ended when the block has. AUTH: it checks signatures and IAM policies."""
    port = free_port()
    environ = {
        "PATH": os.environ.get("PATH", os.defpath),
        "BIND_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(port),
        "MINISTACK_HOST": "127.0.0.1",
        "MINISTACK_REGION": REGION,
        "MINISTACK_ACCOUNT_ID": ACCOUNT,
        "AUTH": "true",
        "LAMBDA_ASYNC_RETRY_BASE_SECONDS": "0",
        "IOT_MTLS_ENABLED": "0",  # it would listen beyond the loopback
        "LOG_LEVEL": "WARNING",
        "HOME": str(data),
        "TMPDIR": str(data),
        "S3_DATA_DIR": str(data / "s3"),
        "STATE_DIR": str(data / "state"),
        "PYTHONPATH": str(EMULATORS / "ministack" / "functions"),
    }
    command = [python_of("ministack"), EMULATORS / "ministack" / "run.py"]
    log = data / "ministack.log"
    with running(command, data, environ, output=log, errors=log, ready=lambda: _answers(port)):
        yield MiniStack(port)


def _answers(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/_ministack/health")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()
