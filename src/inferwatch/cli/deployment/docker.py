"""Whether container images can be built on this machine."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping

from inferwatch.spec.monitor_spec import MonitorSpec

SECONDS = 20.0


_FUNCTION = (
    "the function is a container image",
    'write package = "zip" under [function], which needs none',
)
_ENDPOINT = (
    "the endpoint's container is built here",
    "give sagemaker.image, one that is built already",
)


def problem(spec: MonitorSpec, environ: Mapping[str, str]) -> str | None:
    """Why what the spec builds cannot be built here, and what to do; None where it can, or nothing is built.

    `CDK_DOCKER` names another program than docker, as it does to CDK.
    """
    built = _built(spec)
    if not built or (why := _trouble(environ.get("CDK_DOCKER", "docker"), environ)) is None:
        return None
    whats, without = zip(*built, strict=True)
    return f"{' and '.join(whats)}, and {why}; start Docker, or {' and '.join(without)}"


def needed(spec: MonitorSpec) -> bool:
    """Whether a deployment of the spec builds an image."""
    return bool(_built(spec))


def _built(spec: MonitorSpec) -> list[tuple[str, str]]:
    """What becomes an image, and how to do without."""
    asked = spec.sagemaker
    own_container = asked is not None and asked.endpoint is None and asked.image is None
    return [_FUNCTION] * (spec.function.package == "image") + [_ENDPOINT] * own_container


def _trouble(program: str, environ: Mapping[str, str]) -> str | None:
    try:
        done = subprocess.run(
            [program, "info"],
            env=dict(environ),
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
    except FileNotFoundError:
        return f"there is no {program!r} on this machine"
    except OSError as error:
        return f"{program!r} does not run ({error.strerror})"
    except subprocess.TimeoutExpired:
        return f"{program!r} did not answer within {SECONDS:g} s"
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["it says nothing"])[-1]
        return f"{program!r} cannot reach its engine ({last})"
    return None
