"""The function that runs the model: on one machine its worker processes, on AWS its Lambda."""

from __future__ import annotations

from typing import Literal

import msgspec

Architecture = Literal["x86_64", "arm64"]
Python = Literal["3.11", "3.12", "3.13", "3.14"]
Rollout = Literal[
    "AllAtOnce",
    "Canary10Percent5Minutes",
    "Canary10Percent10Minutes",
    "Canary10Percent15Minutes",
    "Canary10Percent30Minutes",
    "Linear10PercentEvery1Minute",
    "Linear10PercentEvery2Minutes",
    "Linear10PercentEvery3Minutes",
    "Linear10PercentEvery10Minutes",
]


class FunctionSpec(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[function]`. memory: MB; timeout: seconds; concurrency: environments at the same time, on one machine.

    The rest is for AWS: package: a container image or a zip; ephemeral_storage: MB of /tmp; reserved_concurrency
    and provisioned_concurrency: environments; rollout: how CodeDeploy shifts traffic to a new version; insights:
    Lambda Insights, which costs.
    """

    memory: int = 512
    timeout: float = 10.0
    concurrency: int = 10
    package: Literal["image", "zip"] = "image"
    python: Python = "3.13"
    architecture: Architecture = "x86_64"
    ephemeral_storage: int = 512
    reserved_concurrency: int | None = None
    provisioned_concurrency: int | None = None
    rollout: Rollout = "AllAtOnce"
    insights: bool = False
