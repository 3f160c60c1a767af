"""The model's endpoint on this machine, as one part of what `inferwatch up` runs."""

from __future__ import annotations

import asyncio
import contextlib
import importlib.util
from collections.abc import Callable, Mapping
from pathlib import Path

from inferwatch.cloudwatch.names import names
from inferwatch.errors import MissingExtraError, RuntimeStartError, SpecError
from inferwatch.local.endpoint.container import Container
from inferwatch.local.endpoint.measures import Measures
from inferwatch.local.endpoint.runtime import Offer, runtime_app
from inferwatch.local.launch import Launch
from inferwatch.local.serve import LOOPBACK, Server, bind, port_of, server_of
from inferwatch.serving.endpoint import VARIABLE
from inferwatch.spec.monitor_spec import MonitorSpec

_ADDRESS = "AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME"
_REGION = ("AWS_REGION", "AWS_DEFAULT_REGION")
_REGION_HERE = "us-east-1"
# Else a user's own setting could have a function of this machine ask an endpoint on AWS.
_HEEDED = {"AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "false"}
_KEYS = {"AWS_ACCESS_KEY_ID": "local", "AWS_SECRET_ACCESS_KEY": "local"}
_GRACE_SECONDS = 0.2


class LocalEndpoint:
    """The container and the stand-in of SageMaker's runtime. Making it takes the ports; it is used in one event loop.

    Raises SpecError for a model that cannot run here, MissingExtraError without boto3, with which the function asks,
    and RuntimeStartError.
    """

    def __init__(self, spec: MonitorSpec, data: Path, environ: Mapping[str, str], *, now_ms: Callable[[], int]) -> None:
        assert spec.sagemaker is not None
        if spec.model.predict is None:
            problem = 'is missing: what shall the endpoint\'s container serve on this machine? As in "app:predict"'
            raise SpecError(spec.file, "model.predict", problem)
        if importlib.util.find_spec("boto3") is None:
            raise MissingExtraError("aws", "a model with a SageMaker endpoint")
        self._environ = environ
        self._now_ms = now_ms
        self._launch = Launch(spec, data, environ)
        called = names(spec)
        serverless = spec.sagemaker.instance_type is None
        self._offer = Offer(called.endpoint, spec.sagemaker.max_concurrency if serverless else None)
        self._log_group = called.endpoint_log_group
        self._api_socket = bind("the endpoint", 0)
        self._container_socket = bind("the endpoint's container", 0)
        self._container: Container | None = None
        self._measures = Measures(spec.compile(), data, now_ms)
        self._server: Server | None = None
        self._serving: asyncio.Task[None] | None = None

    def variables(self) -> dict[str, str]:
        """What the function's environments need to ask this endpoint and no other.

        boto3 signs what it sends, so it gets keys and a region where there are none; nobody reads them here.
        """
        own = {_ADDRESS: f"http://{LOOPBACK}:{port_of(self._api_socket)}", VARIABLE: self._offer.name}
        region = next((self._environ[name] for name in _REGION if self._environ.get(name)), _REGION_HERE)
        keys = {} if _has_credentials(self._environ) else _KEYS
        return {**own, **_HEEDED, **dict.fromkeys(_REGION, region), **keys, **self._no_proxy()}

    def problem(self) -> str | None:
        """What is wrong with the container now, or with the last line of metrics, if anything is."""
        return (self._container.problem if self._container is not None else None) or self._measures.problem

    async def start(self) -> None:
        """Start the container, then answer for it. Raises RuntimeStartError with what the container said."""
        try:
            self._launch.write_compiled()
        except OSError as error:
            said = f"{error.filename} cannot be written: {error.strerror}; choose another data folder"
            raise RuntimeStartError(said) from error
        self._container = Container(self._launch, self._log_group, self._container_socket, self._now_ms)
        await self._container.start()
        self._server = server_of(runtime_app(self._offer, self._container, self._measures))
        self._serving = asyncio.create_task(self._server.serve(sockets=[self._api_socket]))

    async def stop(self) -> None:
        """End both; answers under way end as failures."""
        if self._container is not None:
            await self._container.stop()
        if self._server is not None and self._serving is not None:
            self._server.should_exit = True
            _, late = await asyncio.wait([self._serving], timeout=_GRACE_SECONDS)
            if late:
                self._server.cut_off()
            await self._serving
        with contextlib.suppress(OSError):  # the disk is full, and nobody is left to hear it
            self._measures.close()
        self._api_socket.close()
        self._container_socket.close()

    def _no_proxy(self) -> dict[str, str]:
        """A proxy must not be asked for loopback."""
        return {name: ",".join(filter(None, (self._environ.get(name), LOOPBACK))) for name in ("NO_PROXY", "no_proxy")}


def _has_credentials(environ: Mapping[str, str]) -> bool:
    """Whether the user has keys, a profile or a role, by what variables and files say. AWS is not asked."""
    if any(environ.get(name) for name in ("AWS_ACCESS_KEY_ID", "AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_ROLE_ARN")):
        return True
    home = Path(environ.get("HOME", "~")).expanduser()
    return Path(environ.get("AWS_SHARED_CREDENTIALS_FILE", home / ".aws" / "credentials")).is_file()
