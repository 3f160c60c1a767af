"""The code of the function, as CDK takes it: a container image or a zip."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from pathlib import Path
from typing import NamedTuple

from aws_cdk import aws_ecr_assets as ecr_assets
from aws_cdk import aws_lambda as lambda_

from inferwatch.cdk.package import image, zip_package
from inferwatch.spec.monitor_spec import MonitorSpec

HANDLER = "inferwatch.serving.aws_lambda.handler"
_PLATFORMS = {"x86_64": ecr_assets.Platform.LINUX_AMD64, "arm64": ecr_assets.Platform.LINUX_ARM64}


class Packaged(NamedTuple):
    """What a function runs, and how it is begun."""

    code: lambda_.Code
    handler: str
    runtime: lambda_.Runtime


def packaged(spec: MonitorSpec) -> Packaged:
    """The function's code by `function.package`. Raises DeployError."""
    folder = until_exit()
    function = spec.function
    if function.package == "image":
        image.stage(spec, folder)
        code = lambda_.Code.from_asset_image(str(folder), platform=_PLATFORMS[function.architecture])
        return Packaged(code, lambda_.Handler.FROM_IMAGE, lambda_.Runtime.FROM_IMAGE)
    digest = zip_package.stage(spec, folder)
    runtime = lambda_.Runtime(f"python{function.python}", lambda_.RuntimeFamily.PYTHON)
    return Packaged(lambda_.Code.from_asset(str(folder), asset_hash=digest), HANDLER, runtime)


def until_exit() -> Path:
    """A folder of this process: CDK copies what is in it when the construct is made."""
    folder = tempfile.mkdtemp(prefix="inferwatch-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return Path(folder)
