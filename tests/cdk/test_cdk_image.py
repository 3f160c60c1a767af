"""The build context of the container image."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from small_model import small_model

from inferwatch.cdk.package import image
from inferwatch.errors import DeployError
from inferwatch.spec.function import FunctionSpec

EXAMPLE = Path(__file__).parents[2] / "examples" / "sleep_advice"


def instructions(text: str) -> list[str]:
    return [line for line in text.splitlines() if line and not line.startswith("#")]


def staged(folder: Path, more: str = "") -> Path:
    image.stage(small_model(folder / "model", more), folder / "context")
    return folder / "context"


def test_the_dockerfile_is_on_awss_image_of_the_chosen_python() -> None:
    lines = instructions(image.dockerfile(FunctionSpec(python="3.12"), has_requirements=False))

    assert lines == [
        "FROM public.ecr.aws/lambda/python:3.12",
        "COPY .inferwatch/ /tmp/.inferwatch/",
        "RUN pip install --no-cache-dir /tmp/.inferwatch/*.whl",
        "COPY . ${LAMBDA_TASK_ROOT}/",
        "RUN python -m compileall -q ${LAMBDA_TASK_ROOT} || true",
        'CMD ["inferwatch.serving.aws_lambda.handler"]',
    ]


def test_requirements_are_installed_before_the_code_is_copied() -> None:
    """So that a change of the model's code builds no package anew."""
    lines = instructions(image.dockerfile(FunctionSpec(), has_requirements=True))

    install, copy = "RUN pip install --no-cache-dir -r /tmp/requirements.txt", "COPY . ${LAMBDA_TASK_ROOT}/"
    assert lines.index("COPY requirements.txt /tmp/") < lines.index(install) < lines.index(copy)


def test_the_example_has_the_dockerfile_that_would_be_made_for_it() -> None:
    made = image.dockerfile(FunctionSpec(), has_requirements=True)

    assert instructions((EXAMPLE / "Dockerfile").read_text()) == instructions(made)


@pytest.mark.parametrize(("architecture", "extension"), [("x86_64", "extension.rpm"), ("arm64", "extension-arm64.rpm")])
def test_insights_installs_the_extension_of_the_architecture(architecture: str, extension: str) -> None:
    function = msgspec.convert({"insights": True, "architecture": architecture}, FunctionSpec)

    (line,) = [line for line in instructions(image.dockerfile(function, has_requirements=False)) if "rpm" in line]
    assert f"/amazon_linux/lambda-insights-{extension} " in line


def test_the_context_holds_all_that_the_dockerfile_copies(tmp_path: Path) -> None:
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "requirements.txt").write_text("numpy\n")
    (tmp_path / "model" / ".dockerignore").write_text("requirements.txt\n")
    context = staged(tmp_path)

    assert {path.name for path in context.iterdir()} == {
        ".inferwatch", "Dockerfile", "app.py", "inferwatch.toml", "inferwatch.compiled.json", "requirements.txt",
    }  # fmt: skip
    assert [path.suffix for path in (context / ".inferwatch").iterdir()] == [".whl"]
    assert "requirements.txt" in (context / "Dockerfile").read_text()


def test_a_dockerfile_of_the_models_own_is_used(tmp_path: Path) -> None:
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "Dockerfile").write_text("FROM scratch\n")

    assert (staged(tmp_path) / "Dockerfile").read_text() == "FROM scratch\n"


def test_a_dockerfile_of_the_models_own_must_have_insights_where_the_spec_wants_it(tmp_path: Path) -> None:
    (tmp_path / "model").mkdir()
    own = tmp_path / "model" / "Dockerfile"
    own.write_text("FROM scratch\n")

    with pytest.raises(DeployError, match=r"function\.insights needs lambda-insights-extension .*Dockerfile: RUN curl"):
        staged(tmp_path, "[function]\ninsights = true\n")
    own.write_text("FROM scratch\nCOPY lambda-insights-extension /opt/extensions/\n")
    staged(tmp_path, "[function]\ninsights = true\n")


def test_the_same_model_makes_the_same_context(tmp_path: Path) -> None:
    """Or every synth would build and upload an image."""
    one, other = staged(tmp_path / "1"), staged(tmp_path / "2")

    files = [file.relative_to(one) for file in one.rglob("*") if file.is_file()]
    assert [file for file in files if (one / file).read_bytes() != (other / file).read_bytes()] == []
    assert len(files) == 5
