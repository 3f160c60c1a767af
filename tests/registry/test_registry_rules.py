"""What a version and a deployment must be."""

from __future__ import annotations

import math
from typing import Any

import pytest
from registry_world import a_deployment, a_version

from inferwatch.errors import RegistryError
from inferwatch.registry import instant, rules
from inferwatch.registry.records import Artifact, EnvironmentVariable, Model


def artifact(**changes: Any) -> tuple[Artifact, ...]:
    return (Artifact(**{"name": "trained", "uri": "s3://b/1", **changes}),)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"namespace": ""}, "namespace: must not be empty"),
        ({"namespace": "abc"}, "must begin with '/'"),
        ({"namespace": "/a b"}, "a character that a log group cannot have"),
        ({"namespace": "/aws/lambda"}, "AWS keeps for itself"),
        ({"model_name": ""}, "model_name: '' must not be empty"),
        ({"model_name": "a/b"}, "must hold no '/'"),
        ({"model_version": -1}, "model_version: -1 must be 1 to 999999999"),
        ({"model_version": 10**9}, "must be 1 to 999999999"),
        ({"created_by": " "}, "created_by: must not be empty"),
        ({"create_at": "yesterday"}, "create_at: 'yesterday' is no moment"),
        ({"create_at": "0999-01-01"}, "is no moment"),
        ({"artifacts": artifact(name="")}, "artifacts: name: must not be empty"),
        ({"artifacts": artifact(uri="")}, r"artifacts\[trained\].uri: must not be empty"),
        ({"artifacts": artifact(sha256="abc")}, r"artifacts\[trained\].sha256: 'abc' must be 64 hexadecimal digits"),
        ({"artifacts": artifact(sha256="g" * 64)}, "64 hexadecimal digits"),
        ({"artifacts": artifact() + artifact()}, "artifacts: 'trained' stands 2 times"),
        ({"artifacts": artifact(uri="https://me:hush@b.example/1")}, "holds a password"),
        ({"artifacts": artifact(uri="https://b.example/1?X-Amz-Signature=0a1b")}, "holds the signature of a signed"),
        ({"metrics": {"f1": math.nan}}, "metrics.f1: nan is no finite number"),
        ({"metrics": {"f1": -math.inf}}, "metrics.f1: -inf is no finite number"),
        ({"metrics": {" ": 1.0}}, "must have a name"),
        ({"description": "x" * 300_000}, "KB as JSON; at most 256 KB"),
        ({"description": "a\udcff"}, r"half of a character, '\\udcff'"),
    ],
)
def test_what_cannot_be_a_version(change: dict[str, Any], says: str) -> None:
    with pytest.raises(RegistryError, match=says) as told:
        rules.version(a_version(**change))
    assert "hush" not in str(told.value)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"model_version": 0}, "model_version: 0 is no version"),
        ({"deployment_id": -1}, "deployment_id: -1 must be"),
        ({"environment": ""}, "environment: '' must not be empty"),
        ({"environment": "prod\n"}, "printable ASCII"),
        ({"environment": "x" * 256}, "at most 255"),
        ({"endpoint": ""}, "endpoint: must not be empty"),
        ({"endpoint": "https://me:hush@a.example/predict"}, "endpoint: holds a password"),
        ({"environment_variables": (EnvironmentVariable("A B", "x"),)}, "'A B' is no name of an environment variable"),
        (
            {"environment_variables": (EnvironmentVariable("A", "x"), EnvironmentVariable("A", "y"))},
            "'A' stands 2 times",
        ),
        ({"environment_variables": (EnvironmentVariable("API_KEY", "hush"),)}, "API_KEY is a secret by its name"),
    ],
)
def test_what_cannot_be_a_deployment(change: dict[str, Any], says: str) -> None:
    with pytest.raises(RegistryError, match=says) as told:
        rules.deployment(a_deployment(1, **change))
    assert "hush" not in str(told.value)


def test_the_canonical_form() -> None:
    digest = "AB" * 32
    given = a_version(namespace="/a/", create_at="2023-01-01T01:30:00+01:00", artifacts=artifact(sha256=digest))
    found = rules.version(given)
    assert found.namespace == "/a"
    assert found.create_at == "2023-01-01T00:30:00.000Z"
    assert found.artifacts[0].sha256 == digest.lower()
    assert rules.version(found) == found
    assert rules.version(a_version(namespace="/")).namespace == "/"


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("2023-01-01", "2023-01-01T00:00:00.000Z"),
        ("2023-01-01T00:00:00", "2023-01-01T00:00:00.000Z"),
        ("2023-01-01T00:00:00.1239Z", "2023-01-01T00:00:00.123Z"),
        ("2024-02-29T23:59:59.999-00:01", "2024-03-01T00:00:59.999Z"),
    ],
)
def test_moments(text: str, canonical: str) -> None:
    assert instant.canonical(text) == canonical
    assert instant.written(instant.milliseconds(text)) == canonical


@pytest.mark.parametrize("text", ["", "now", "2023-13-01", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"])
def test_no_moments(text: str) -> None:
    with pytest.raises(RegistryError, match="is no moment"):
        instant.canonical(text)


def test_what_lies_below_a_node() -> None:
    model = Model("/abc_corp/claim", "doc")
    assert all(rules.below(node, model) for node in ("/", "/abc_corp", "/abc_corp/claim/", "/abc_corp/claim/doc"))
    assert not any(rules.below(node, model) for node in ("/abc", "/abc_corp/claim/do", "/abc_corp/claim/doc/x", "x"))
