"""Runs a model's CDK app, which writes its cloud assembly: templates, and what a deployment uploads."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
import orjson

from inferwatch.cdk import existing, node
from inferwatch.cli.deployment import artifact, assembly
from inferwatch.cli.deployment.app import MODEL, PIPELINE, App
from inferwatch.cli.deployment.assembly import StackTemplate
from inferwatch.errors import DeployError
from inferwatch.spec.monitor_spec import MonitorSpec

OUTPUT = "cdk.out"
STANDARD_ERROR = 2
MODES_TAKEN = 0o022
"""The umask of the app. A function runs as a user of its own, and in an image folders keep the modes that they have
here: under the caller's own umask, 077 say, it could not read its code.
"""
_DEFAULT_APP = "import sys; from inferwatch.cdk import {0}; {0}(sys.argv[1]).synth()"
_LAST_LINES = 12
_OURS = re.compile(r"^inferwatch\.errors\.\w+: (?P<says>.*)", re.MULTILINE | re.DOTALL)


class Target(msgspec.Struct, frozen=True):
    """Where the stack is to stand, None where the template is for any account and region."""

    account: str | None = None
    region: str | None = None


def synthesize(
    spec: MonitorSpec,
    output: Path,
    target: Target,
    environ: Mapping[str, str],
    *,
    app: App = MODEL,
    existing_log_groups: Sequence[str] = (),
    existing_tables: Sequence[str] = (),
) -> tuple[StackTemplate, ...]:
    """Write the assembly into `output` and give its stacks; an earlier one in it goes. Raises DeployError.

    existing_log_groups, existing_tables: names of those that the stack shall use and not make.
    """
    folder = Path(spec.folder)
    _make_room(output)
    settings = _settings(folder)
    there = {existing.CONTEXT: list(existing_log_groups), existing.TABLES: list(existing_tables)}
    context = {**settings.get("context", {}), **{key: listed for key, listed in there.items() if listed}}
    variables = {
        **environ,
        "PATH": os.pathsep.join((str(Path(sys.executable).parent), environ.get("PATH", os.defpath))),
        "CDK_OUTDIR": str(output.resolve()),
        "CDK_CONTEXT_JSON": orjson.dumps(context).decode(),
        "INFERWATCH_ENVIRONMENT": spec.identity.environment,
    }
    variables |= {key: value for key, value in _where(target).items() if value}
    run(_command(folder, settings, app), folder, variables)
    if app is PIPELINE:
        artifact.check(output)
    return assembly.read(output)


def run(command: str | list[str], folder: str | Path, environ: Mapping[str, str]) -> None:
    """Run a CDK app in `folder`, by the bundled Node.js. Raises DeployError with what it says."""
    variables = dict(environ)
    if (installed := node.installed()) is not None:
        variables.setdefault(node.VARIABLE, str(installed))
    done = subprocess.run(
        command,
        shell=isinstance(command, str),  # of the user's own cdk.json, run as `cdk` runs it
        cwd=folder,
        env=variables,
        stdout=STANDARD_ERROR,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
        umask=MODES_TAKEN,
    )
    if done.returncode:
        raise DeployError(_failure(done.stderr, folder))


def _command(folder: Path, settings: Mapping[str, Any], app: App) -> str | list[str]:
    """`cdk.json` names the model's app."""
    if app is MODEL and isinstance(settings.get("app"), str):
        return str(settings["app"])
    if (folder / app.file).exists():
        return [sys.executable, app.file]
    return [sys.executable, "-P", "-c", _DEFAULT_APP.format(app.function), str(folder)]


def _settings(folder: Path) -> dict[str, Any]:
    file = folder / "cdk.json"
    try:
        found = orjson.loads(file.read_bytes())
    except FileNotFoundError:
        return {}
    except orjson.JSONDecodeError as error:
        raise DeployError(f"{file}: is not valid JSON: {error}") from None
    if not isinstance(found, dict):
        raise DeployError(f"{file}: must be a JSON object")
    return found


def _where(target: Target) -> dict[str, str | None]:
    return {"CDK_DEFAULT_ACCOUNT": target.account, "CDK_DEFAULT_REGION": target.region}


def _make_room(output: Path) -> None:
    try:
        if output.exists():
            if not output.is_dir() or not assembly.is_of_cdk(output):
                raise DeployError(
                    f"{output} is not of CDK's making, and would be lost: move it away, or `synth` to another --output"
                )
            shutil.rmtree(output)
        output.mkdir(parents=True)
        output.rmdir()  # it could be made, which is for the app to do
    except OSError as error:
        problem = f"the templates cannot be written to {output} ({error.strerror or error})"
        raise DeployError(f"{problem}: `inferwatch synth` takes another place as --output") from None


def _failure(said: str, folder: str | Path) -> str:
    """Our own error as it is; of any other the last lines, which name it."""
    if ours := _OURS.search(said):
        return ours["says"].strip()
    last = "\n".join(said.strip().splitlines()[-_LAST_LINES:])
    return f"the CDK app in {folder} failed:\n{last}"
