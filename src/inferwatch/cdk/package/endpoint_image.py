"""The build context of the endpoint's container image, and which machine it is built for."""

from __future__ import annotations

import re
from pathlib import Path

from inferwatch.cdk.package import model_folder, wheel
from inferwatch.cdk.package.image import BUILD
from inferwatch.spec.function import FunctionSpec
from inferwatch.spec.monitor_spec import MonitorSpec

DOCKERFILE = "Dockerfile.endpoint"
SERVER = "uvicorn>=0.34"
PROGRAM = "/opt/program"
# Families of Amazon's own processors: ml.c7g.large, ml.m6gd.xlarge, ml.g5g.xlarge.
_GRAVITON = re.compile(r"ml\.[a-z]+\d+g[a-z]*\.")


def is_arm(instance_type: str | None) -> bool:
    """Whether an endpoint's machines have ARM processors. Serverless ones do not."""
    return instance_type is not None and _GRAVITON.match(instance_type) is not None


def stage(spec: MonitorSpec, folder: Path) -> None:
    """Write the context to `folder`. A Dockerfile.endpoint of the model's own is used as it is. Raises DeployError."""
    source = Path(spec.folder)
    wheel.write(folder / BUILD)
    model_folder.copy(spec, folder)
    requirements, own = source / model_folder.REQUIREMENTS, source / DOCKERFILE
    if requirements.is_file():
        model_folder.copy_file(requirements, folder / model_folder.REQUIREMENTS)
    if own.is_file():
        model_folder.copy_file(own, folder / DOCKERFILE)
    else:
        (folder / DOCKERFILE).write_text(dockerfile(spec.function, has_requirements=requirements.is_file()))


def dockerfile(function: FunctionSpec, *, has_requirements: bool) -> str:
    """The Dockerfile, on Python's slim image. What changes most comes last, so that the layers before it are kept."""
    steps = [
        f"FROM public.ecr.aws/docker/library/python:{function.python}-slim",
        "# So SageMaker may choose the port.",
        "LABEL com.amazonaws.sagemaker.capabilities.accept-bind-to-port=true",
        "ENV PYTHONUNBUFFERED=1",
        f"WORKDIR {PROGRAM}",
        f"COPY {BUILD}/ /tmp/{BUILD}/",
        f"RUN pip install --no-cache-dir /tmp/{BUILD}/*.whl '{SERVER}'",
    ]
    if has_requirements:
        steps += [
            f"COPY {model_folder.REQUIREMENTS} /tmp/",
            f"RUN pip install --no-cache-dir -r /tmp/{model_folder.REQUIREMENTS}",
        ]
    steps += [
        f"COPY . {PROGRAM}/",
        f"RUN python -m compileall -q {PROGRAM} || true",
        "# SageMaker adds the argument `serve`.",
        'ENTRYPOINT ["python", "-P", "-m", "inferwatch.serving.container"]',
        "EXPOSE 8080",
    ]
    return "\n".join(steps) + "\n"
