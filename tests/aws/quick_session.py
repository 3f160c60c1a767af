"""A session with moto that does not build again what it has."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import boto3

REGION = "eu-central-1"


class Session(boto3.Session):
    """Makes each client once, since that takes long."""

    def __init__(self) -> None:
        super().__init__(region_name=REGION)
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
