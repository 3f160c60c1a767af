"""The registry's part of `deploy`: what it is going to say, and that what it says has come true."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from typing import Protocol

from inferwatch.aws.registry import DynamoRegistry
from inferwatch.aws.resources import model_client
from inferwatch.aws.site import Site
from inferwatch.cli.deployment.app import MODEL, PIPELINE, App
from inferwatch.cli.deployment.assembly import StackTemplate
from inferwatch.cli.registration import elsewhere
from inferwatch.cli.registration.remote import RemoteRegistration, asked, is_made, missing
from inferwatch.errors import RegistryError

Outputs = dict[str, str]


class Registration(Protocol):
    """is_made: whether the registry's table is there."""

    is_made: bool

    def says(self) -> str: ...

    def variables(self) -> dict[str, str]: ...

    def fits(self, stacks: Iterable[StackTemplate]) -> bool: ...

    def begin(self) -> None: ...

    def serves(self, endpoint: str | None) -> None: ...

    def ended(self) -> None: ...

    def left(self) -> None: ...


class OfPipeline:
    """A pipeline needs the registry, and registers at each run what it deploys then."""

    def __init__(self, site: Site) -> None:
        self.is_made = is_made(DynamoRegistry(site.session), asked(site.spec, by=site.caller.arn))

    def says(self) -> str:
        told = "each run registers what it deploys"
        return told if self.is_made else f"{told}. {missing()}"

    def variables(self) -> dict[str, str]:
        return {}

    def fits(self, stacks: Iterable[StackTemplate]) -> bool:
        return True

    def begin(self) -> None: ...

    def serves(self, endpoint: str | None) -> None: ...

    def ended(self) -> None: ...

    def left(self) -> None: ...


def registration(site: Site, app: App, description: str) -> Registration | None:
    """What is registered of an app; None for an endpoint alone, which the model's function is what makes use of, and
    where somebody else gives the numbers. Raises AwsError, RegistryError.
    """
    if elsewhere.by_whom(site.spec, os.environ) is not None:
        return None
    if app is PIPELINE:
        return OfPipeline(site)
    return RemoteRegistration(site, description) if app is MODEL else None


def deployed(registration: Registration | None, *, make: Callable[[], None], deploy: Callable[[], Outputs]) -> Outputs:
    """Register, deploy, and say what has come of it. make: makes the registry, where there is none yet.

    Raises RegistryError, before anything is deployed, where another was faster; AwsError; and what the two raise.
    """
    if registration is None:
        return deploy()
    if not registration.is_made:
        make()
    try:
        registration.begin()
    except RegistryError as error:
        raise RegistryError(f"nothing was deployed, `inferwatch deploy` plans it anew: {error}") from None
    try:
        outputs = deploy()
    except KeyboardInterrupt:
        registration.left()
        raise
    except BaseException:
        registration.ended()
        raise
    registration.serves(outputs.get(model_client.URL))
    return outputs
