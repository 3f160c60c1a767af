"""What the pipeline's build runs, run as it stands: in a fresh clone of a project, in an empty environment.

The commands are those of the template. They see no package but those that `make install` finds: by itself from the
package index in the long form, else those that the tests have, so that nothing is fetched.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
import venv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from moto.server import ThreadedMotoServer
from registry_world import make_table
from unpacked_cdk import UNPACKED

from inferwatch.aws.registry import DynamoRegistry
from inferwatch.cli.init import make_project
from inferwatch.cli.project.parts import PARTS, Parts
from inferwatch.registry.records import Model
from inferwatch.spec import load_spec

ROOT = Path(__file__).parents[2]
STACK = "abc-corp-claim-demo-model-delivery"
# Where a machine's package index is, and whom it trusts: no more of the environment is let through.
INDEX = ("PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "PIP_CONFIG_FILE", "PIP_CERT", "SSL_CERT_FILE", "HTTPS_PROXY")

pytestmark = pytest.mark.xdist_group("synth")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project of `init` with every part, in a repository."""
    folder = tmp_path / "demo-model"
    make_project(folder, "demo-model", "/abc_corp/claim", Parts("rest", **dict.fromkeys(PARTS, True)))
    git("init", "--quiet", "--initial-branch=main", folder)
    git("-C", folder, "add", "--all")
    git("-C", folder, "-c", "user.name=a", "-c", "user.email=a@b.c", "commit", "--quiet", "--message=first")
    return folder


def git(*arguments: str | Path) -> None:
    subprocess.run(["git", *arguments], check=True, env={"PATH": os.environ["PATH"], "HOME": os.devnull})


def template(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / f"{STACK}.template.json").read_text())
    return found


@pytest.fixture
def aws() -> Iterator[dict[str, str]]:
    """The variables by which a build reaches an account of moto's that has the registry, and nothing else."""
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    variables = {
        "AWS_ENDPOINT_URL": f"http://{host}:{port}",
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_DEFAULT_REGION": "eu-central-1",
        "AWS_REGION": "eu-central-1",
        "CODEBUILD_RESOLVED_SOURCE_VERSION": "0a1b2c3",
    }
    make_table(session(variables))
    yield variables
    server.stop()


def session(aws: dict[str, str]) -> Any:
    """Of that account."""
    import boto3
    from botocore.session import get_session

    core = get_session()
    core.set_config_variable("region", aws["AWS_REGION"])
    core.set_credentials("testing", "testing")
    core.get_component("config_store").set_config_variable("endpoint_url", aws["AWS_ENDPOINT_URL"])
    return boto3.Session(botocore_session=core)


def registered(aws: dict[str, str], project: Path) -> dict[str, tuple[int, int, str, str | None]]:
    """By environment: version, deployment, state, endpoint."""
    registry = DynamoRegistry(session(aws))
    found = {}
    for environment in ("dev", "prod"):
        identity = load_spec(project, environment, {}).identity
        (one,) = registry.deployments(Model(identity.namespace, identity.model_name), environment)
        (version,) = registry.versions(one.model)
        assert (version.description, version.created_by) == ("commit 0a1b2c3", "pipeline demo-model-Delivery")
        found[environment] = (one.model_version, one.deployment_id, one.state, one.endpoint)
    return found


def kinds(assembly: Path) -> set[str]:
    """The types of all resources of a stage."""
    (file,) = assembly.glob("*.template.json")
    return {resource["Type"] for resource in json.loads(file.read_text())["Resources"].values()}


def buildspec(folder: Path, of: str = "/Build") -> dict[str, Any]:
    """Of the project whose description ends so."""
    (project,) = (
        r["Properties"]
        for r in template(folder)["Resources"].values()
        if r["Type"] == "AWS::CodeBuild::Project" and r["Properties"]["Description"].endswith(of)
    )
    spec: dict[str, Any] = json.loads(project["Source"]["BuildSpec"])
    return spec


def run_as_they_stand(project: Path, tmp_path: Path, environ: dict[str, str]) -> Path:
    """Run the build's commands in a clone; gives the folder that the build hands on."""
    from inferwatch.cdk import pipeline_app

    pipeline_app(project, tmp_path / "deployed", builtin_cloud_formation_validation=False).synth()
    phases = buildspec(tmp_path / "deployed")
    clone = tmp_path / "clone"
    git("clone", "--quiet", project, clone)
    run(phases, clone, environ, 3)
    return clone / phases["artifacts"]["base-directory"]


def run(phases: dict[str, Any], clone: Path, environ: dict[str, str], number: int) -> None:
    """The commands of a project, as many as are expected."""
    commands = [command for phase in ("install", "build") for command in phases["phases"][phase]["commands"]]
    assert len(commands) == number
    for command in commands:  # CodeBuild gives each to a shell of its own
        done = subprocess.run(
            ["sh", "-c", command], cwd=clone, env=environ, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"


def outputs(handed_on: Path, stage: str) -> dict[str, str]:
    (file,) = handed_on.glob(f"assembly-*-{stage}/*.template.json")
    return {name: each["Value"] for name, each in json.loads(file.read_text())["Outputs"].items()}


def environment(folder: Path, *more_path: Path) -> dict[str, str]:
    """A virtual environment's, with nothing in it."""
    path = [str(folder / "bin"), *map(str, more_path), "/usr/bin", "/bin"]
    return {"PATH": os.pathsep.join(path), "HOME": str(folder.parent / "home")}


def test_the_build_s_commands_run_in_a_fresh_clone(project: Path, tmp_path: Path, aws: dict[str, str]) -> None:
    """pip finds all that it is asked for among the tests' own packages, so it fetches nothing.

    CDK's own validation of the templates, which takes seconds, is left to the long form.
    """
    empty = tmp_path / "empty"
    venv.create(empty, with_pip=False, symlinks=True)
    (site,) = empty.glob("lib/python*/site-packages")
    (site / "tests.pth").write_text(f"{sysconfig.get_path('purelib')}\n{ROOT / 'src'}\n")
    environ = environment(empty, Path(sys.executable).parent)
    environ |= {"PIP_NO_INDEX": "1", "CDK_VALIDATION": "false", **UNPACKED, **aws}

    handed_on = run_as_they_stand(project, tmp_path, environ)

    # What the build makes of the same commit is the pipeline that was deployed: it finds nothing to change in itself.
    assert template(handed_on) == template(tmp_path / "deployed")
    stages = {path.name.rpartition("-")[2]: kinds(path) for path in handed_on.glob("assembly-*")}
    assert sorted(stages) == ["dev", "prod"]
    for made in stages.values():
        assert made >= {
            "AWS::Lambda::Function",
            "AWS::ApiGateway::RestApi",
            "AWS::SQS::Queue",
            "AWS::SageMaker::Endpoint",
            "AWS::DynamoDB::Table",
            "AWS::KinesisFirehose::DeliveryStream",
        }
    _the_stages_are_numbered_and_say_that_they_serve(handed_on, project, tmp_path, environ)


def _the_stages_are_numbered_and_say_that_they_serve(
    handed_on: Path, project: Path, tmp_path: Path, environ: dict[str, str]
) -> None:
    begun = registered(environ, project)
    assert {state for _, _, state, _ in begun.values()} == {"pending"}
    for stage, (version, deployment, _, _) in begun.items():
        given = outputs(handed_on, stage)
        assert (given["ModelVersion"], given["DeploymentId"]) == (str(version), str(deployment))
    url = "https://abc.execute-api.eu-central-1.amazonaws.com/dev/predict"
    variables = {**environ, "DEPLOYMENT": outputs(handed_on, "dev")["DeploymentId"], "ENDPOINT": url}
    run(buildspec(tmp_path / "deployed", "/dev/Register"), tmp_path / "clone", variables, 2)
    told = registered(environ, project)
    assert told["dev"] == (*begun["dev"][:2], "current", url)
    assert told["prod"] == begun["prod"]


@pytest.mark.soak
def test_the_build_s_commands_run_where_nothing_is_installed(
    project: Path, tmp_path: Path, aws: dict[str, str]
) -> None:
    """With the packages of the index, and InferWatch as the wheel of this checkout."""
    import uv

    wheels, empty = tmp_path / "wheels", tmp_path / "empty"
    subprocess.run([uv.find_uv_bin(), "build", "--quiet", "--wheel", "--out-dir", wheels, ROOT], check=True)
    venv.create(empty, with_pip=True, symlinks=True)
    let_through = {name: os.environ[name] for name in INDEX if name in os.environ}
    found = f"{wheels} {os.environ.get('PIP_FIND_LINKS', '')}".strip()

    environ = environment(empty) | let_through | {"PIP_FIND_LINKS": found} | aws
    handed_on = run_as_they_stand(project, tmp_path, environ)

    assert template(handed_on) == template(tmp_path / "deployed")
