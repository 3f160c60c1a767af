"""Versions and deployments as JSON: the shapes that the facts show, and what cannot be one."""

from __future__ import annotations

from typing import Any

import msgspec
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from registry_world import a_deployment, a_version

from inferwatch.errors import RegistryError
from inferwatch.registry import shapes
from inferwatch.registry.records import Artifact, EnvironmentVariable

VERSION = {
    "namespace": "/abc_corp/claim",
    "model_name": "doc_classification",
    "model_version": 1,
    "description": "this version improves ...",
    "artifacts": [
        {"name": "trained", "uri": "s3://abc_corp/claim/doc_classification/trained/1.tar.gz"},
        {"name": "static_data", "uri": "s3://abc_corp/claim/doc_classification/static_data/1.tar.gz"},
    ],
    "create_at": "2023-01-01T00:00:00.000Z",
    "created_by": "arn:aws:iam::123456789012:user/alice",
}
DEPLOYMENT = {
    "namespace": "/abc_corp/claim",
    "model_name": "doc_classification",
    "model_version": 3,
    "deployment_id": 1,
    "create_at": "2023-01-15T00:00:00.000Z",
    "endpoint": "https://abc.execute-api.us-east-1.amazonaws.com/doc_classification_prod",
    "environment_variables": [{"name": "FOO", "value": "BAR"}],
    "deployment_method": "self hosted ECS",
    "rolling_strategy": "blue green",
}
ABSENT = {"environment": "prod", "created_by": "alice"}
names = st.from_regex(r"[A-Za-z0-9_.-]{1,20}", fullmatch=True).filter(lambda name: name not in (".", ".."))
texts = st.text(st.characters(codec="utf-8"), max_size=30)
moments = st.datetimes().filter(lambda at: at.year >= 1000).map(lambda at: at.isoformat(timespec="milliseconds") + "Z")
versions = st.builds(
    a_version,
    st.integers(0, 999_999_999),
    namespace=st.lists(names, min_size=1, max_size=3).map(lambda parts: "/" + "/".join(parts)),
    model_name=names,
    description=texts,
    artifacts=st.lists(
        st.builds(Artifact, name=names, uri=names, sha256=st.none() | st.from_regex(r"[0-9a-f]{64}", fullmatch=True)),
        unique_by=lambda artifact: artifact.name,
        max_size=3,
    ).map(tuple),
    metrics=st.dictionaries(names, st.floats(allow_nan=False, allow_infinity=False), max_size=3),
    create_at=moments,
)


def refused(document: object, of: Any = shapes.deployment) -> str:
    with pytest.raises(RegistryError) as told:
        of(document, **(ABSENT if of is shapes.deployment else {}))
    return str(told.value)


def test_the_version_of_the_facts_loads_as_it_is() -> None:
    found = shapes.version(VERSION)
    assert {key: value for key, value in shapes.as_json(found).items() if value} == VERSION


def test_the_deployment_of_the_facts_loads_as_it_is() -> None:
    found = shapes.deployment(DEPLOYMENT, **ABSENT)
    assert found == a_deployment(
        3,
        model_name="doc_classification",
        deployment_id=1,
        create_at="2023-01-15T00:00:00.000Z",
        endpoint=DEPLOYMENT["endpoint"],
        environment_variables=(EnvironmentVariable("FOO", "BAR"),),
        deployment_method="ECS",
        rolling_strategy="blue-green",
    )


@given(versions)
def test_a_version_comes_back_from_its_json(version: Any) -> None:
    assert shapes.version(orjson.loads(orjson.dumps(shapes.as_json(version)))) == version
    assert msgspec.json.decode(msgspec.json.encode(version), type=type(version)) == version


def test_a_deployment_comes_back_from_its_json() -> None:
    found = shapes.deployment(DEPLOYMENT, **ABSENT)
    assert shapes.deployment(shapes.as_json(found)) == found


def test_what_the_document_says_is_more_than_what_is_absent() -> None:
    found = shapes.deployment({**DEPLOYMENT, "environment": "dev", "state": "superseded", "endpoint": None}, **ABSENT)
    assert (found.environment, found.state, found.endpoint) == ("dev", "superseded", None)


def test_numbers_may_be_left_to_the_registry() -> None:
    assert shapes.version({**VERSION, "model_version": None}).model_version == 0
    without = {key: value for key, value in DEPLOYMENT.items() if key != "deployment_id"}
    assert shapes.deployment(without, **ABSENT).deployment_id == 0


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (
            {"namespase": "/a"},
            "namespase: is no member of a ModelVersion; it has namespace, .*did you mean 'namespace'",
        ),
        ({"model_version": "3"}, "model_version: '3' is not allowed; expected a whole number"),
        ({"model_version": 1.5}, "model_version: 1.5 is not allowed"),
        ({"model_version": True}, "model_version: True is not allowed"),
        ({"artifacts": "s3://b"}, "artifacts: must be a list of objects with name and uri and sha256"),
        ({"artifacts": ["s3://b"]}, r"artifacts\[0\]: must be a JSON object"),
        ({"artifacts": [{"name": "a"}]}, "uri: is missing"),
        ({"artifacts": [{"name": "a", "uri": "b", "md5": "c"}]}, r"artifacts\[0\].md5: is no member of a Artifact"),
        ({"metrics": {"f1": "high"}}, "metrics.f1: 'high' is not allowed; expected a number"),
        ({"created_by": None}, "created_by: is missing"),
    ],
)
def test_what_is_no_version(change: dict[str, Any], says: str) -> None:
    with pytest.raises(RegistryError, match=says):
        shapes.version({**VERSION, **change})


@pytest.mark.parametrize("document", [None, 3, "x", [VERSION], []])
def test_only_an_object_is_a_version(document: object) -> None:
    assert "must be a JSON object" in refused(document, shapes.version)


def test_what_is_no_deployment() -> None:
    assert "deployment_method: 'train' is not known" in refused({**DEPLOYMENT, "deployment_method": "train"})
    assert "deployment_method: 3 is not allowed" in refused({**DEPLOYMENT, "deployment_method": 3})
    assert "state: 'running' is not allowed" in refused({**DEPLOYMENT, "state": "running"})
    assert "model_version: is missing" in refused({**DEPLOYMENT, "model_version": None})
    assert "model_version: 0 is no version" in refused({**DEPLOYMENT, "model_version": 0})


@pytest.mark.parametrize("value", [123456, ["hush"], {"a": "hush"}, 1.5])
def test_a_variable_that_is_no_text_is_told_without_its_value(value: Any) -> None:
    said = refused({**DEPLOYMENT, "environment_variables": [{"name": "PIN", "value": value}]})
    assert said == "environment_variables: value of PIN must be text"


def test_a_secret_in_a_file_is_refused_without_its_value() -> None:
    said = refused({**DEPLOYMENT, "environment_variables": [{"name": "DB_PASSWORD", "value": "hush-hush"}]})
    assert "DB_PASSWORD" in said
    assert "hush" not in said
