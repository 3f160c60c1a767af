"""`inferwatch init`: a new model's project, which is the sleep-advice example under another name."""

from __future__ import annotations

import re
import shlex
import shutil
import sys
from pathlib import Path

import click

from inferwatch.cli import output
from inferwatch.cli.examples import example
from inferwatch.spec import limits

EXAMPLE = "sleep_advice"
EXAMPLE_NAME = "sleep-advice"
EXAMPLE_NAMESPACE = "/demo/health"
NAME = r"[A-Za-z][A-Za-z0-9_-]{0,39}"  # the Lambda is <name>-<environment>-Inference, of at most 64 characters
NAMESPACE = r"(/[A-Za-z][A-Za-z0-9_.-]*)+"  # the stack's name is made of it, and begins with a letter
MACHINE_FILE = "local.mk"

NEXT = """{name} is there. Next:
  cd {name}
  make up        serve it here, with a live page
  make test      its tests
  make synth     the templates for AWS, without an account
  make deploy    then `make check`, and `make destroy`
README.md says more. Logs go to the log group {namespace}/{name}."""


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


@click.command()
@click.argument("name", callback=_name)
@click.option(
    "--namespace",
    default="/me",
    show_default=True,
    callback=_namespace,
    help="The node of your organisation that owns the model, as in /abc_corp/claim.",
)
def command(name: str, namespace: str) -> None:
    """Make a folder NAME with a model in it: handler, spec, training, tests, container image, CDK app.

    It runs at once, here and on AWS. Put your own model into app.py, and its features into inferwatch.toml.
    """
    folder = Path(name)
    if folder.exists() and not (folder.is_dir() and not any(folder.iterdir())):
        raise click.BadParameter(f"{folder} is there already and not an empty folder; choose another name")
    make_project(folder, name, namespace)
    output.note(NEXT.format(name=name, namespace=namespace))


def make_project(folder: Path, name: str, namespace: str) -> None:
    """Write the project of the model `name` of `namespace` into `folder`."""
    source = example(EXAMPLE)
    made_by_work = [line.strip("/") for line in (source / ".gitignore").read_text().splitlines()]
    ignored = shutil.ignore_patterns(*made_by_work)
    shutil.copytree(source, folder, ignore=ignored, copy_function=shutil.copyfile, dirs_exist_ok=True)
    for file in folder.rglob("*"):
        if file.is_file():
            _rename(file, name, namespace)
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
