"""What `up` and `demo` register in the data folder's registry, from the time they begin until the model answers."""

from __future__ import annotations

import contextlib
import getpass
import os
import socket
from collections.abc import Mapping
from pathlib import Path

from inferwatch.cli.clock import now_ms
from inferwatch.cli.registration import elsewhere
from inferwatch.cli.registration.plan import Asked, Plan, begin, plan
from inferwatch.errors import RegistryError, StoreError
from inferwatch.spec import numbers
from inferwatch.spec.monitor_spec import MonitorSpec
from inferwatch.store.registry import LocalRegistry


class LocalRegistration:
    """One start of a model. Who makes it has the right to write the data folder, so no other start is under way.

    spec: with its numbers; plan: None where somebody else gives these. Raises RegistryError and StoreError.
    """

    def __init__(self, spec: MonitorSpec, data: Path, environ: Mapping[str, str], description: str = "") -> None:
        self.spec = spec
        self.plan: Plan | None = None
        self._registry = LocalRegistry(data)
        self._promoted = False
        if elsewhere.by_whom(spec, environ) is None:
            asked = Asked(spec=spec, method="local", description=description, by=user(), now_ms=now_ms())
            self._end_of_earlier(asked)
            self.plan = begin(self._registry, plan(self._registry, asked))
            self._asked = asked
            self.spec = self.plan.numbered(spec)

    def variables(self) -> dict[str, str]:
        """Of the processes that serve: their numbers."""
        identity = self.spec.identity
        return {numbers.VERSION: str(identity.model_version), numbers.DEPLOYMENT_ID: str(identity.deployment_id)}

    def serves(self, endpoint: str) -> None:
        """The model answers there: its deployment is the current one."""
        if self.plan is None:
            return
        model, deployment = self._asked.model, self.plan.deployment
        if deployment.endpoint != endpoint:
            self._registry.set_endpoint(model, deployment.deployment_id, endpoint)
        if not self.plan.is_current:
            self._registry.promote(model, deployment.deployment_id, now_ms=now_ms(), by=self._asked.by)
        self._promoted = True

    def ended(self) -> None:
        """What has never answered has failed."""
        if self.plan is None or self._promoted or self.plan.is_current:
            return
        with contextlib.suppress(StoreError, RegistryError):  # what ended it is what is told
            self._registry.fail(self._asked.model, self.plan.deployment.deployment_id)

    def _end_of_earlier(self, asked: Asked) -> None:
        """Of starts whose process was killed before the model answered; what people added has no configuration."""
        for each in self._registry.deployments(asked.model):
            ours = each.deployment_method == "local" and each.configuration is not None
            if ours and each.state == "pending":
                self._registry.fail(asked.model, each.deployment_id)


def user() -> str:
    """Who works on which machine, for the record: `alice@laptop`."""
    try:
        name = getpass.getuser()
    except (KeyError, OSError):  # a container's user may have no name
        name = f"uid {os.getuid()}"
    return f"{name}@{socket.gethostname()}"
