"""The build context of the container image: Dockerfile, wheel, requirements, the model's folder."""

from __future__ import annotations

from pathlib import Path

from inferwatch.cdk.package import model_folder, wheel
from inferwatch.errors import DeployError
from inferwatch.spec.function import FunctionSpec
from inferwatch.spec.monitor_spec import MonitorSpec

DOCKERFILE = "Dockerfile"
BUILD = ".inferwatch"
"""The folder of the context that holds the wheel; nothing else of the model's begins with a dot."""

_EXTENSION = "lambda-insights-extension"
_BUCKETS = "s3-ap-northeast-1.amazonaws.com/amazon_linux"
_INSIGHTS = {
    "x86_64": f"https://{_EXTENSION}.{_BUCKETS}/{_EXTENSION}.rpm",
    "arm64": f"https://{_EXTENSION}-arm64.{_BUCKETS}/{_EXTENSION}-arm64.rpm",
}


def stage(spec: MonitorSpec, folder: Path) -> None:
    """Write the context to `folder`. A Dockerfile of the model's own is used as it is. Raises DeployError."""
    source = Path(spec.folder)
    wheel.write(folder / BUILD)
    model_folder.copy(spec, folder)
    requirements = model_folder.function_requirements(spec)
    if requirements is not None:
        model_folder.copy_file(requirements, folder / model_folder.REQUIREMENTS)
    own = source / DOCKERFILE
    if own.is_file():
        _check_insights(own, spec.function)
        model_folder.copy_file(own, folder / DOCKERFILE)
    else:
        (folder / DOCKERFILE).write_text(dockerfile(spec.function, has_requirements=requirements is not None))


def dockerfile(function: FunctionSpec, *, has_requirements: bool) -> str:
    """The Dockerfile, on AWS's base image. What changes most comes last, so that the layers before it are kept."""
    steps = [f"FROM public.ecr.aws/lambda/python:{function.python}"]
    if function.insights:
        fetched = f"curl -sSfo /tmp/insights.rpm {_INSIGHTS[function.architecture]}"
        steps.append(f"RUN {fetched} && rpm -U /tmp/insights.rpm && rm /tmp/insights.rpm")
    steps += [
        f"COPY {BUILD}/ /tmp/{BUILD}/",
        f"RUN pip install --no-cache-dir /tmp/{BUILD}/*.whl",
    ]
    if has_requirements:
        steps += [
            f"COPY {model_folder.REQUIREMENTS} /tmp/",
            f"RUN pip install --no-cache-dir -r /tmp/{model_folder.REQUIREMENTS}",
        ]
    steps += [
        "COPY . ${LAMBDA_TASK_ROOT}/",
        "# Lambda's file system cannot be written, so what is not compiled now is compiled at every cold start.",
        "RUN python -m compileall -q ${LAMBDA_TASK_ROOT} || true",
        'CMD ["inferwatch.serving.aws_lambda.handler"]',
    ]
    return "\n".join(steps) + "\n"


def _check_insights(own: Path, function: FunctionSpec) -> None:
    if function.insights and _EXTENSION not in own.read_text(encoding="utf-8"):
        fetched = f"RUN curl -sSfo /tmp/insights.rpm {_INSIGHTS[function.architecture]} && rpm -U /tmp/insights.rpm"
        raise DeployError(f"function.insights needs {_EXTENSION} in the image; add to {own}: {fetched}")
