"""`inferwatch init`: a new model's project, the sleep-advice example under another name, with the parts asked for."""

from __future__ import annotations

import re
import shlex
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from inferwatch.cli import output
from inferwatch.cli.deployment.question import interactive
from inferwatch.cli.examples import example
from inferwatch.cli.project import parts
from inferwatch.cli.project.parts import AN_API_ALONE, APIS, PARTS, Api, Parts
from inferwatch.spec import FILE_NAME, limits, load_spec

EXAMPLE = "sleep_advice"
EXAMPLE_NAME = "sleep-advice"
EXAMPLE_NAMESPACE = "/demo/health"
NAME = r"[A-Za-z][A-Za-z0-9_-]{0,39}"  # the Lambda is <name>-<environment>-Inference, of at most 64 characters
NAMESPACE = r"(/[A-Za-z][A-Za-z0-9_.-]*)+"  # the stack's name is made of it, and begins with a letter
MACHINE_FILE = "local.mk"

_CHANGED = {
    FILE_NAME: parts.spec_with,
    "README.md": parts.readme_with,
    "Makefile": parts.makefile_with,
    "requirements-dev.txt": parts.requirements_with,
}
"""The files that the parts of a model change."""

NEXT = """{name} is there. Next:
  cd {name}
  make up        serve it here, with a live page
  make test      its tests
  make synth     the templates for AWS, without an account
  make deploy    then `make check`, and `make destroy`
README.md says more. Logs go to the log group {log_group}."""


def _name(context: click.Context, parameter: click.Parameter, value: str) -> str:
    if not re.fullmatch(NAME, value):
        raise click.BadParameter(f"{value!r} may hold letters, digits, '-' and '_', a letter first, at most 40 in all")
    return value


def _namespace(context: click.Context, parameter: click.Parameter, value: str) -> str:
    problem = limits.log_group_problem(value) or limits.metric_namespace_problem(value.removeprefix("/"))
    if problem is None and not re.fullmatch(NAMESPACE, value):
        problem = "must be names of letters, digits and - _ . with '/' before each, as in '/abc_corp/claim'"
    if problem:
        raise click.BadParameter(f"{value!r} {problem}")
    return value


def _of_every_part(command: Callable[..., Any]) -> Callable[..., Any]:
    """A flag for each part."""
    for part, what in reversed(PARTS.items()):
        command = click.option(f"--{part}", is_flag=True, help=f"{what}.")(command)
    return command


@click.command()
@click.argument("name", callback=_name)
@click.option(
    "--namespace",
    default="/me",
    show_default=True,
    callback=_namespace,
    help="The node of your organisation that owns the model, as in /abc_corp/claim.",
)
@click.option("--api", type=click.Choice(APIS), help="API Gateway's kind, on AWS. [default: http]")
@_of_every_part
@click.option("--yes", is_flag=True, help="Do not ask which parts it has: an API alone.")
def command(name: str, namespace: str, yes: bool, api: Api | None, **wanted: bool) -> None:
    """Make a folder NAME with a model in it: handler, spec, training, tests, container image, CDK app.

    It runs at once, here and on AWS. Put your own model into app.py, and its features into inferwatch.toml. Where no
    option says which parts it has, a person at a terminal is asked.
    """
    folder = Path(name)
    if folder.exists() and not (folder.is_dir() and not any(folder.iterdir())):
        raise click.BadParameter(f"{folder} is there already and not an empty folder; choose another name")
    if api is None and not any(wanted.values()) and not yes and interactive():
        chosen = _asked()
    else:
        chosen = Parts(api or "http", **wanted)
    make_project(folder, name, namespace, chosen)
    output.note(NEXT.format(name=name, log_group=load_spec(folder, "dev").identity.log_group))
    for part in chosen.tables:
        if part in parts.NEXT:
            output.note(f"  {parts.NEXT[part]}")


def _asked() -> Parts:
    api: Api = click.prompt("The API in front of it, on AWS", type=click.Choice(APIS), default="http", err=True)
    return Parts(api, *(click.confirm(f"{question}?", err=True) for question in PARTS.values()))


def make_project(folder: Path, name: str, namespace: str, chosen: Parts = AN_API_ALONE) -> None:
    """Write the project of the model `name` of `namespace` into `folder`. Raises OSError."""
    source = example(EXAMPLE)
    made_by_work = [line.strip("/") for line in (source / ".gitignore").read_text().splitlines()]
    ignored = shutil.ignore_patterns(*made_by_work)
    try:
        shutil.copytree(source, folder, ignore=ignored, copy_function=shutil.copyfile, dirs_exist_ok=True)
    except shutil.Error as error:  # which names every file that was not copied
        _, file, problem = error.args[0][0]
        raise OSError(f"{file} could not be written, and perhaps others: {problem}") from error
    for file, with_parts in _CHANGED.items():
        text = (folder / file).read_text(encoding="utf-8")
        (folder / file).write_text(with_parts(chosen, text), encoding="utf-8")
    if chosen.pipeline:
        (folder / parts.PIPELINE_FILE).write_text(parts.PIPELINE_APP, encoding="utf-8")
    for path in folder.rglob("*"):
        if path.is_file():
            _rename(path, name, namespace)
    (folder / MACHINE_FILE).write_text(_machine())


def _rename(file: Path, name: str, namespace: str) -> None:
    try:
        text = file.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return  # the model
    file.write_text(text.replace(EXAMPLE_NAME, name).replace(EXAMPLE_NAMESPACE, namespace), encoding="utf-8")


def _machine() -> str:
    """Which Python and which inferwatch made the project, for its Makefile, in make's and then the shell's quoting."""
    python = shlex.quote(sys.executable).replace("$", "$$").replace("#", r"\#")
    return (
        "# Of this machine alone, and git ignores it: the inferwatch that made this project, and its Python.\n"
        f"PYTHON := {python}\n"
        "INFERWATCH := $(PYTHON) -P -m inferwatch\n"
    )
