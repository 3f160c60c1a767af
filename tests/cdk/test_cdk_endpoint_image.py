"""The image of an endpoint's container, and the function that asks the endpoint."""

from __future__ import annotations

import json
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from small_model import MODEL, small_model

from inferwatch.cdk.package import endpoint_image
from inferwatch.spec import load_spec
from inferwatch.spec.function import FunctionSpec
from inferwatch.spec.monitor_spec import MonitorSpec

if TYPE_CHECKING:
    from small_stack import Made

pytestmark = pytest.mark.xdist_group("synth")

NAME = "adder-Endpoint"
ARN = "arn:aws:sagemaker:eu-central-1:123456789012:endpoint/adder-endpoint"


def staged(folder: Path, files: dict[str, str]) -> Path:
    spec = small_model(folder / "model", "[sagemaker]\n")
    for name, text in files.items():
        (folder / "model" / name).write_text(text)
    endpoint_image.stage(spec, folder / "context")
    return folder / "context"


def test_the_context_holds_all_that_the_dockerfile_copies(tmp_path: Path) -> None:
    context = staged(tmp_path, {"requirements.txt": "numpy\n", "Dockerfile": "FROM function\n"})

    made = (context / "Dockerfile.endpoint").read_text()
    assert "COPY requirements.txt /tmp/" in made
    assert made.splitlines()[0] == "FROM public.ecr.aws/docker/library/python:3.13-slim"
    assert 'ENTRYPOINT ["python", "-P", "-m", "inferwatch.serving.container"]' in made
    assert [path.suffix for path in (context / ".inferwatch").iterdir()] == [".whl"]
    assert (context / "inferwatch.compiled.json").is_file()


def test_a_dockerfile_of_the_endpoints_own_is_used(tmp_path: Path) -> None:
    context = staged(tmp_path, {"Dockerfile.endpoint": "FROM mine\n"})

    assert (context / "Dockerfile.endpoint").read_text() == "FROM mine\n"


def test_the_server_in_the_image_is_the_one_that_inferwatch_is_tested_with() -> None:
    wanted = [each.partition(";")[0].strip() for each in metadata.requires("inferwatch") or []]

    assert endpoint_image.SERVER in wanted
    assert endpoint_image.SERVER in endpoint_image.dockerfile(FunctionSpec(), has_requirements=False)


# The function that asks


def function(folder: Path, spec: MonitorSpec) -> Made:
    from small_stack import made

    from inferwatch.cdk import InferenceFunction

    return made(lambda stack: InferenceFunction(stack, "Function", spec=spec), folder)


def test_the_function_may_ask_its_endpoint_and_knows_its_name(tmp_path: Path) -> None:
    made = function(tmp_path, small_model(tmp_path / "model", "[sagemaker]\n"))

    assert made.one("Lambda::Function")["Environment"]["Variables"]["INFERWATCH_ENDPOINT"] == NAME
    (statement,) = [s for s in made.statements() if s["Action"] == "sagemaker:InvokeEndpoint"]
    assert statement["Resource"] == ARN


def test_a_function_asks_an_endpoint_that_is_there_and_serves_nothing_itself(tmp_path: Path) -> None:
    folder = tmp_path / "model"
    folder.mkdir()
    plain = MODEL.replace('predict = "app:predict"\n', "")
    (folder / "inferwatch.toml").write_text(f'{plain}[sagemaker]\nendpoint = "Quotes-Of-Old"\n')
    made = function(tmp_path, load_spec(folder, None, {}))

    assert made.one("Lambda::Function")["Environment"]["Variables"]["INFERWATCH_ENDPOINT"] == "Quotes-Of-Old"
    (statement,) = [s for s in made.statements() if s["Action"] == "sagemaker:InvokeEndpoint"]
    assert statement["Resource"].endswith(":endpoint/quotes-of-old")


def test_a_function_without_an_endpoint_may_ask_none(tmp_path: Path) -> None:
    made = function(tmp_path, small_model(tmp_path / "model"))

    assert "sagemaker" not in json.dumps(made.template)
    assert "INFERWATCH_ENDPOINT" not in made.one("Lambda::Function")["Environment"]["Variables"]


@pytest.mark.parametrize(
    ("files", "installed"),
    [
        ({"requirements.txt": "scikit-learn\n"}, None),
        ({"requirements.txt": "scikit-learn\n", "requirements-function.txt": "numpy\n"}, "numpy\n"),
    ],
)
def test_the_functions_image_leaves_the_models_packages_to_the_endpoint(
    tmp_path: Path, files: dict[str, str], installed: str | None
) -> None:
    from inferwatch.cdk.package import image

    spec = small_model(tmp_path / "model", "[sagemaker]\n")
    for name, text in files.items():
        (tmp_path / "model" / name).write_text(text)
    image.stage(spec, tmp_path / "context")

    dockerfile = (tmp_path / "context" / "Dockerfile").read_text()
    assert ("requirements.txt" in dockerfile) is (installed is not None)
    if installed is not None:
        assert (tmp_path / "context" / "requirements.txt").read_text() == installed
