from __future__ import annotations

import importlib.metadata

import pytest

import inferwatch
from inferwatch import errors

FACE = {
    "AwsError",
    "DeliveryError",
    "DeployError",
    "DialectError",
    "HandlerError",
    "Inference",
    "InferWatchError",
    "LogStreamSink",
    "MemorySink",
    "MissingExtraError",
    "Monitor",
    "MonitorSpec",
    "PredicateError",
    "QueryError",
    "QueueError",
    "RegistryError",
    "RuntimeStartError",
    "SpecError",
    "StoreError",
    "__version__",
    "load_spec",
    "open",
}


def test_the_face_is_this_and_no_more() -> None:
    assert set(inferwatch.__all__) == FACE
    assert set(dir(inferwatch)) >= FACE


@pytest.mark.parametrize("name", sorted(FACE))
def test_every_name_is_there(name: str) -> None:
    assert getattr(inferwatch, name) is getattr(inferwatch, name)


def test_every_error_is_in_the_face() -> None:
    raised = {
        name for name, kind in vars(errors).items() if isinstance(kind, type) and kind.__module__ == errors.__name__
    }
    assert raised <= FACE


def test_the_version_is_the_packages() -> None:
    assert inferwatch.__version__ == importlib.metadata.version("inferwatch")


def test_a_name_that_is_not_there_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'Manager'"):
        _ = inferwatch.Manager
