"""How deployment methods and rolling strategies are written, by people and by AWS's services, and what each means."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TypeVar

from inferwatch.errors import RegistryError
from inferwatch.registry.records import Method, Strategy
from inferwatch.spec.fault import suggestion

T = TypeVar("T", bound=str)

_METHODS: dict[str, Method] = {
    "lambda": "Lambda",
    "function": "Lambda",
    "sagemaker": "SageMaker",
    "sagemakerai": "SageMaker",
    "sagemakerendpoint": "SageMaker",
    "ecs": "ECS",
    "elasticcontainerservice": "ECS",
    "fargate": "ECS",
    "eks": "EKS",
    "elastickubernetesservice": "EKS",
    "kubernetes": "EKS",
    "local": "local",
    "other": "other",
}
_STRATEGIES: dict[str, Strategy] = {
    "bluegreen": "blue-green",
    "canary": "canary",
    "linear": "linear",
    "rolling": "rolling",
    "rollingupdate": "rolling",
    "allatonce": "all-at-once",
}
# CodeDeploy's deployment configurations, `LambdaCanary10Percent5Minutes` and the like; SageMaker's traffic routing,
# `ALL_AT_ONCE`; and what `aws-lambda` or `self hosted ECS` say beside the service.
_CONFIGURATION = re.compile(r"(canary|linear)\d+percent(every)?\d+minutes?")
_PREFIX = re.compile(r"(codedeploydefault|codedeploy)?(selfhosted|self|aws|amazon|lambda|ecs)(?=.)")


def method(text: str) -> Method:
    """`self hosted ECS` is `ECS`, `aws-lambda` is `Lambda`. Raises RegistryError for one that is not known."""
    return _meant(text, _METHODS, "deployment_method")


def strategy(text: str) -> Strategy:
    """`blue green` and `Blue/Green` are `blue-green`, `LambdaCanary10Percent5Minutes` is `canary`.

    Raises RegistryError for one that is not known.
    """
    return _meant(text, _STRATEGIES, "rolling_strategy")


def _meant(text: str, known: Mapping[str, T], key: str) -> T:
    allowed = list(dict.fromkeys(known.values()))
    if "|" in text:
        raise RegistryError(f"{key}: {text!r} names several; choose one of {', '.join(allowed)}")
    word = re.sub(r"[^a-z0-9]", "", text.lower())
    while word not in known and (prefix := _PREFIX.match(word)):
        word = word[prefix.end() :]
    if configuration := _CONFIGURATION.fullmatch(word):
        word = configuration[1]
    if word in known:
        return known[word]
    near = suggestion(word, known)
    for spelled in known:
        near = near.replace(repr(spelled), repr(str(known[spelled])))
    raise RegistryError(f"{key}: {text!r} is not known; allowed are {', '.join(allowed)}{near}")
