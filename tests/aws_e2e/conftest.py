"""One MiniStack, one synth and one deployment for all tests here: who uses them is in the xdist group "ministack"."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
import unsupported
from deployed_stack import DeployedStack, bootstrap, deploy, synthesized
from emulated_model import make_model
from fake_endpoint import FakeEndpoint
from ministack_process import MiniStack, ministack
from unsupported import adapted, validate_requests


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The model's folder."""
    return make_model(tmp_path_factory.mktemp("emulated") / "doubler")


@pytest.fixture(scope="session")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MiniStack]:
    with ministack(tmp_path_factory.mktemp("ministack")) as running:
        bootstrap(running)
        yield running


@pytest.fixture(scope="session")
def assembly(model: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The cloud assembly of the model's environments, each a stack."""
    import emulated_stacks  # it starts Node.js, so not where tests are only collected

    folder = tmp_path_factory.mktemp("assembly") / "cdk.out"
    emulated_stacks.synthesize(model, folder)
    return folder


@pytest.fixture(scope="session")
def rest(cloud: MiniStack, assembly: Path) -> DeployedStack:
    """The stack with the REST API, as far as MiniStack can make it."""
    stack = deploy(cloud, assembly, "rest", adapted(synthesized(assembly, "rest")))
    validate_requests(cloud, stack)
    return stack


@pytest.fixture(scope="session")
def http(cloud: MiniStack, assembly: Path) -> DeployedStack:
    """The stack with the HTTP API, as far as MiniStack can make it."""
    return deploy(cloud, assembly, "http", adapted(synthesized(assembly, "http")))


@pytest.fixture(scope="session")
def parts(cloud: MiniStack, assembly: Path) -> DeployedStack:
    """The stack with a queue and all that keeps its records, as far as MiniStack can make it."""
    return deploy(cloud, assembly, "parts", adapted(synthesized(assembly, "parts")))


@pytest.fixture(scope="session")
def endpoint() -> Iterator[FakeEndpoint]:
    """What stands in for SageMaker's runtime."""
    with closing(FakeEndpoint()) as running:
        yield running


@pytest.fixture(scope="session")
def asking(cloud: MiniStack, assembly: Path, endpoint: FakeEndpoint) -> DeployedStack:
    """The stack whose function asks an endpoint, less the endpoint: the function asks the stand-in."""
    template = unsupported.asking(adapted(synthesized(assembly, "asking")), endpoint.url)
    return deploy(cloud, assembly, "asking", template)


@pytest.fixture
def gone(cloud: MiniStack, assembly: Path) -> DeployedStack:
    """A stack that nothing else looks at, as far as MiniStack can make it."""
    return deploy(cloud, assembly, "gone", adapted(synthesized(assembly, "gone")))
