"""Every way in which a method or a strategy is written comes to one word, and no other text does."""

from __future__ import annotations

import typing

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inferwatch.errors import RegistryError
from inferwatch.registry import spelling
from inferwatch.registry.records import Method, Strategy

METHODS = {
    "ECS": ["self hosted ECS", "Self-Hosted ECS", "ecs", "AWS ECS", "Amazon Elastic Container Service", "Fargate"],
    "EKS": ["self hosted EKS", "self_hosted_eks", "kubernetes", "Amazon EKS"],
    "Lambda": ["AWS Lambda", "aws-lambda", "LAMBDA"],
    "SageMaker": ["AWS SageMaker", "Amazon SageMaker AI", "sage maker", "SageMaker endpoint"],
    "local": ["local", "Local"],
    "other": ["other"],
}
STRATEGIES = {
    "blue-green": ["blue green", "Blue/Green", "BLUE_GREEN", "bluegreen", "blue-green"],
    "canary": ["canary", "Canary10Percent5Minutes", "CodeDeployDefault.LambdaCanary10Percent30Minutes"],
    "linear": ["linear", "Linear10PercentEvery1Minute", "CodeDeployDefault.ECSLinear10PercentEvery3Minutes"],
    "rolling": ["rolling", "ROLLING_UPDATE", "rolling update"],
    "all-at-once": ["all at once", "AllAtOnce", "ALL_AT_ONCE", "CodeDeployDefault.LambdaAllAtOnce"],
}


@pytest.mark.parametrize(("text", "word"), [(text, word) for word, texts in METHODS.items() for text in texts])
def test_methods(text: str, word: str) -> None:
    assert spelling.method(text) == word


@pytest.mark.parametrize(("text", "word"), [(text, word) for word, texts in STRATEGIES.items() for text in texts])
def test_strategies(text: str, word: str) -> None:
    assert spelling.strategy(text) == word


def test_each_word_is_its_own_spelling() -> None:
    assert {spelling.method(word) for word in typing.get_args(Method)} == set(typing.get_args(Method)) == set(METHODS)
    assert {spelling.strategy(word) for word in typing.get_args(Strategy)} == set(typing.get_args(Strategy))
    assert set(STRATEGIES) == set(typing.get_args(Strategy))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (
            "AWS Lamda",
            "'AWS Lamda' is not known; allowed are Lambda, SageMaker, ECS, EKS, local, other; did you mean 'L",
        ),
        ("self hosted", "'self hosted' is not known"),
        ("", "'' is not known"),
        ("on a train", "is not known"),
        ("self hosted ECS | self hosted EKS", "names several; choose one of Lambda"),
    ],
)
def test_an_unknown_method_suggests_the_nearest(text: str, says: str) -> None:
    with pytest.raises(RegistryError) as told:
        spelling.method(text)
    assert says in str(told.value)
    assert str(told.value).startswith("deployment_method: ")


def test_an_unknown_strategy_suggests_the_nearest() -> None:
    with pytest.raises(RegistryError, match=r"strategy: 'blue gren' is not known.*did you mean 'blue-green'"):
        spelling.strategy("blue gren")
    with pytest.raises(RegistryError, match="'Canary5Percent' is not known"):
        spelling.strategy("Canary5Percent")


@given(st.text())
def test_any_text_is_a_method_or_refused(text: str) -> None:
    try:
        word = spelling.method(text)
    except RegistryError as error:
        said = str(error)
    else:
        said = repr(text) if word in typing.get_args(Method) else ""
    assert repr(text) in said
