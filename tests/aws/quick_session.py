"""A session with moto that does not read and build again what it has."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import boto3
import botocore.session

REGION = "eu-central-1"
_LOADER = botocore.session.get_session().get_component("data_loader")


class Session(boto3.Session):
    """Makes each client once, and reads what botocore knows of the services once for all, since both take long."""

    def __init__(self) -> None:
        core = botocore.session.get_session()
        core.register_component("data_loader", _LOADER)
        super().__init__(botocore_session=core, region_name=REGION)
        self._clients: dict[tuple[Any, ...], Any] = {}

    def client(self, service_name: str, region_name: str = REGION, **options: Any) -> Any:
        key = (service_name, region_name)
        if key not in self._clients:
            self._clients[key] = super().client(service_name, region_name=region_name, **options)
        return self._clients[key]

    def get_available_regions(self, *_: Any, **__: Any) -> list[str]:
        """A few, since a client for each of all takes long."""
        return [REGION, "eu-west-1", "us-west-2"]

    def register_first(self, event: str, handler: Callable[..., Any]) -> None:
        """Also with the clients that are there already."""
        for emitter in (self.events, *(client.meta.events for client in self._clients.values())):
            emitter.register_first(event, handler)
