"""Whether container images can be built on this machine."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping

SECONDS = 20.0


def problem(environ: Mapping[str, str]) -> str | None:
    """Why no image can be built here, and what to do; None where one can.

    `CDK_DOCKER` names another program than docker, as it does to CDK.
    """
    program = environ.get("CDK_DOCKER", "docker")
    why = _trouble(program, environ)
    if why is None:
        return None
    return (
        f'the function is a container image, and {why}; start Docker, or write package = "zip" under [function], '
        "which needs none"
    )


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
