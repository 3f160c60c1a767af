"""versions, deployments, promote and rollback: here over a data folder, and on AWS."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner, Result
from registry_world import a_deployment, a_version

from inferwatch.cli.commands import cli
from inferwatch.errors import DeployError, InferWatchError
from inferwatch.registry.records import Change, Deployment, Model
from inferwatch.store.registry import LocalRegistry

if TYPE_CHECKING:
    import boto3

    from inferwatch.aws.site import Site

MODEL = Model("/abc_corp/claim", "doc_classification")
# As the facts have them.
VERSION = """
{"namespace": "/abc_corp/claim", "model_name": "doc_classification", "model_version": 1,
 "description": "this version improves ...",
 "artifacts": [{"name": "trained", "uri": "s3://abc_corp/claim/doc_classification/trained/1.tar.gz"},
               {"name": "static_data", "uri": "s3://abc_corp/claim/doc_classification/static_data/1.tar.gz"}],
 "create_at": "2023-01-01T00:00:00.000Z", "created_by": "arn:aws:iam::123456789012:user/alice"}
"""
DEPLOYMENT = """
{"namespace": "/abc_corp/claim", "model_name": "doc_classification", "model_version": 3, "deployment_id": 1,
 "create_at": "2023-01-15T00:00:00.000Z",
 "endpoint": "https://abc.execute-api.us-east-1.amazonaws.com/doc_classification_prod",
 "environment_variables": [{"name": "FOO", "value": "BAR"}],
 "deployment_method": "self hosted EKS", "rolling_strategy": "canary"}
"""
SPEC = '[model]\nnamespace = "/abc_corp/claim"\nname = "doc_classification"\n'


class Folder:
    """Where the commands are called: files, and a data folder beside them."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.registry = LocalRegistry(path / ".inferwatch")

    def file(self, name: str, text: str) -> str:
        (self.path / name).write_text(text)
        return name

    def run(self, *arguments: Any, said: str | None = None) -> Result:
        """said: on standard input."""
        return CliRunner().invoke(cli, [str(each) for each in arguments], input=said, catch_exceptions=True)

    def done(self, *arguments: Any, said: str | None = None) -> Result:
        result = self.run(*arguments, said=said)
        assert result.exit_code == 0, result.output + repr(result.exception)
        return result

    def rows(self, *arguments: Any) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.done(*arguments, "--json").stdout.splitlines()]

    def refused(self, *arguments: Any, said: str | None = None) -> str:
        result = self.run(*arguments, said=said)
        assert isinstance(result.exception, InferWatchError), result.output
        return str(result.exception)

    def deployed(self, count: int, environment: str = "dev") -> None:
        for number in range(1, count + 1):
            self.registry.register_version(a_version(number, MODEL))
            self.registry.register_deployment(a_deployment(number, MODEL, environment=environment))
            self.registry.promote(MODEL, number, now_ms=number * 1000, by="alice")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Folder:
    monkeypatch.chdir(tmp_path)
    for name in ("INFERWATCH_DATA", "INFERWATCH_ENVIRONMENT"):
        monkeypatch.delenv(name, raising=False)
    return Folder(tmp_path)


def test_the_files_of_the_facts_load_as_they_are(folder: Folder) -> None:
    said = folder.done("versions", "add", folder.file("version.json", VERSION)).stdout
    assert said == "version 1 of /abc_corp/claim/doc_classification is registered in .inferwatch\n"
    (version,) = folder.rows("versions")
    assert version["created_by"] == "arn:aws:iam::123456789012:user/alice"
    assert [artifact["name"] for artifact in version["artifacts"]] == ["trained", "static_data"]

    assert "has no version 3; it has 1" in folder.refused("deployments", "add", folder.file("d.json", DEPLOYMENT))
    folder.done("versions", "add", "-", said=VERSION.replace('"model_version": 1', '"model_version": 3'))
    result = folder.done("deployments", "add", "d.json", "--environment", "prod")
    assert "deployment 1 (version 3 of /abc_corp/claim/doc_classification in prod)" in result.stdout
    (found,) = folder.rows("deployments")
    assert (found["deployment_method"], found["rolling_strategy"], found["state"]) == ("EKS", "canary", "pending")
    assert re.fullmatch(r".+@.+", found["created_by"])


def test_an_environment_that_nobody_names_is_told(folder: Folder) -> None:
    folder.registry.register_version(a_version(3, MODEL))
    result = folder.done("deployments", "add", folder.file("d.json", DEPLOYMENT))
    assert "d.json names no environment: dev is taken; --environment says another" in result.stderr
    assert [each["environment"] for each in folder.rows("deployments")] == ["dev"]


def test_a_list_of_versions_is_registered_in_its_order_or_not_at_all(folder: Folder) -> None:
    good = {"namespace": "/a", "model_name": "b", "description": "first"}
    wrong = folder.file("wrong.json", json.dumps([good, {**good, "metrics": {"f1": "high"}}]))
    assert "wrong.json: [1]: metrics.f1: 'high' is not allowed" in folder.refused("versions", "add", wrong)
    assert folder.rows("versions") == []
    folder.done("versions", "add", folder.file("good.json", json.dumps([good, {**good, "description": "second"}])))
    assert [(row["model_version"], row["description"]) for row in folder.rows("versions")] == [
        (2, "second"),
        (1, "first"),
    ]


def test_what_a_file_leaves_out_the_spec_says(folder: Folder) -> None:
    folder.file("inferwatch.toml", SPEC)
    folder.done("versions", "add", "-", said='{"description": "of this folder"}')
    (found,) = folder.rows("versions")
    assert (found["namespace"], found["model_name"]) == ("/abc_corp/claim", "doc_classification")
    folder.done("deployments", "add", "-", said='{"model_version": 1, "deployment_method": "local"}')
    assert folder.rows("deployments")[0]["environment"] == "dev"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{", "standard input is no JSON"),
        ("3", "standard input: the file: must be a JSON object"),
        ('{"namespase": "/a"}', "did you mean 'namespace'?"),
        ("", "standard input is no JSON"),
    ],
)
def test_a_file_that_is_no_version_is_told(folder: Folder, text: str, says: str) -> None:
    assert says in folder.refused("versions", "add", "-", said=text)


def test_a_secret_is_refused_and_not_shown(folder: Folder) -> None:
    folder.registry.register_version(a_version(3, MODEL))
    text = DEPLOYMENT.replace("FOO", "DB_PASSWORD").replace("BAR", "hush")
    result = folder.run("deployments", "add", "-", said=text)
    assert "DB_PASSWORD is a secret by its name" in str(result.exception)
    assert "hush" not in result.output + str(result.exception)
    assert folder.rows("deployments") == []


def test_versions_say_which_environments_they_serve(folder: Folder) -> None:
    folder.deployed(2)
    folder.registry.register_deployment(a_deployment(1, MODEL))
    folder.registry.promote(MODEL, 3, now_ms=9, by="alice")
    lines = folder.done("versions").stdout.splitlines()
    assert lines[0].split() == ["Version", "Model", "Serves", "Created", "By", "Description"]
    assert [line.split()[:3] for line in lines[1:]] == [
        ["2", "/abc_corp/claim/doc_classification", "dev"],
        ["1", "/abc_corp/claim/doc_classification", "prod"],
    ]


def test_one_version_and_one_deployment(folder: Folder) -> None:
    folder.deployed(1)
    folder.registry.register_version(a_version(2, MODEL, description="\x1b[31mred", metrics={"f1": 0.5}))
    shown = folder.done("versions", "show", 2).stdout
    assert "\x1b" not in shown
    assert "metric f1" in shown
    assert folder.rows("versions", "show", 2)[0]["metrics"] == {"f1": 0.5}
    assert "has no version 7; it has 2, 1" in folder.refused("versions", "show", 7)
    assert "current" in folder.done("deployments", "show", 1).stdout
    assert "has no deployment 7" in folder.refused("deployments", "show", 7)


def test_promote_and_roll_back(folder: Folder) -> None:
    folder.deployed(3)
    said = folder.done("rollback", "--environment", "dev")
    assert said.stdout == (
        "deployment 2 (version 2) of /abc_corp/claim/doc_classification is the current one of dev;"
        " before it was deployment 3\n"
    )
    assert "no traffic is moved: this is a data folder's registry" in said.stderr
    assert folder.rows("rollback")[0]["deployment_id"] == 1
    assert "no deployment served dev before deployment 1" in folder.refused("rollback")
    (change,) = folder.rows("promote", 3, "--environment", "dev")
    assert (change["deployment_id"], change["before"], change["why"]) == (3, 1, "promoted")
    assert "deployment 3 (version 3) is what serves dev already" in folder.refused("promote", 3)
    assert "is of dev and not of prod" in folder.refused("promote", 1, "--environment", "prod")
    history = folder.rows("deployments", "history")
    assert [row["why"] for row in history] == ["promoted", "rolled back", "rolled back"] + ["deployed"] * 3
    assert "rolled back" in folder.done("deployments", "history", "--environment", "dev").stdout


def test_what_runs_on_this_machine_goes_on_as_it_is(folder: Folder) -> None:
    folder.registry.register_version(a_version(1, MODEL))
    folder.registry.register_deployment(a_deployment(1, MODEL, deployment_method="local"))
    assert "goes on as it is" in folder.done("promote", 1).stderr


def test_of_several_environments_one_is_named(folder: Folder) -> None:
    folder.deployed(1)
    assert "nothing to roll back to" in folder.refused("rollback")
    folder.registry.register_deployment(a_deployment(1, MODEL))
    folder.registry.promote(MODEL, 2, now_ms=1, by="alice")
    assert "--environment takes one of dev, prod" in folder.refused("rollback")
    assert [row["deployment_id"] for row in folder.rows("deployments", "--environment", "prod")] == [2]


def test_of_several_models_one_is_named(folder: Folder) -> None:
    folder.deployed(1)
    other = Model("/abc_corp/claim", "other")
    folder.registry.register_version(a_version(model=other))
    said = folder.refused("promote", 1)
    assert "--model takes one of /abc_corp/claim/doc_classification, /abc_corp/claim/other" in said
    assert [row["model_name"] for row in folder.rows("versions", "--model", "/abc_corp/claim/other")] == ["other"]
    assert len(folder.rows("versions", "--model", "/abc_corp")) == 2
    said = folder.refused("versions", "--model", "/abc_corp/claim/othr")
    assert "no model at or below '/abc_corp/claim/othr'" in said
    assert "did you mean '/abc_corp/claim/other'?" in said


def test_an_empty_registry_says_so(folder: Folder) -> None:
    assert "no version in .inferwatch yet" in folder.done("versions").stderr
    assert "no deployment of prod in .inferwatch yet" in folder.done("deployments", "--environment", "prod").stderr
    assert "holds an empty list" in folder.refused("versions", "add", "-", said="[]")
    assert "has no version of any model yet" in folder.refused("rollback")
    assert not (folder.path / ".inferwatch").exists()


def test_that_a_model_has_nothing_names_it(folder: Folder) -> None:
    folder.deployed(1)
    folder.file("inferwatch.toml", '[model]\nnamespace = "/me"\nname = "doc"\n')
    assert "no version of /me/doc in .inferwatch yet" in folder.done("versions").stderr
    said = folder.done("deployments", "--environment", "prod").stderr
    assert "no deployment of /me/doc in prod in .inferwatch yet" in said


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["versions", "--region", "eu-central-1"], "--region goes with --aws"),
        (["versions", "--model", "claim"], "'claim' is no node"),
        (["versions", "--model", "/a", "--spec", "x"], "one is enough"),
        (["promote", "0"], "0 is not in the range"),
        (["versions", "ad", "x"], "No such command 'ad'"),
        (["deployments", "--environment", "\udcff"], r"'\udcff' is no text in UTF-8"),
    ],
)
def test_calls_that_are_not_understood(folder: Folder, arguments: list[str], says: str) -> None:
    result = folder.run(*arguments)
    assert result.exit_code == 2
    assert says in result.output


Moved = list[tuple[int, int]]


@pytest.fixture
def moved(monkeypatch: pytest.MonkeyPatch) -> Moved:
    """What the traffic was moved to, and what the registry's current deployment was at that time."""
    from inferwatch.aws.registry import DynamoRegistry
    from inferwatch.cli.deployment import traffic

    found: Moved = []

    def move(site: Site, wanted: Deployment, change: Callable[[], Change]) -> Change:
        registry = DynamoRegistry(site.session)
        current = [d.deployment_id for d in registry.deployments(MODEL) if d.state == "current"]
        found.append((wanted.deployment_id, current[0] if current else 0))
        return change()

    monkeypatch.setattr(traffic, "move", move)
    return found


def test_the_same_on_aws_where_the_traffic_is_moved_first(folder: Folder, session: boto3.Session, moved: Moved) -> None:
    folder.file("inferwatch.toml", SPEC)
    folder.done("versions", "add", "-", "--aws", said='{"description": "one"}')
    text = '{"model_version": 1, "deployment_method": "aws lambda"}'
    for number in (1, 2):
        said = folder.done("deployments", "add", "-", "--aws", said=text).stdout
        assert "is registered in account 123456789012, region eu-central-1, pending" in said
        folder.done("promote", number, "--aws")
    assert folder.rows("rollback", "--aws")[0]["deployment_id"] == 1
    assert moved == [(1, 0), (2, 1), (1, 2)]
    (version,) = folder.rows("versions", "--aws")
    assert version["created_by"].startswith("arn:aws:sts::123456789012:")
    assert len(folder.rows("versions", "--aws", "--model", "/abc_corp", "--region", "eu-central-1")) == 1
    assert folder.rows("versions") == []


def test_where_the_traffic_cannot_be_moved_the_registry_stays(
    folder: Folder, session: boto3.Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    from inferwatch.cli.deployment import traffic

    def fails(site: Site, wanted: Deployment, change: Callable[[], Change]) -> Change:
        raise DeployError("amidst a rollout")

    monkeypatch.setattr(traffic, "move", fails)
    folder.file("inferwatch.toml", SPEC)
    folder.done("versions", "add", "-", "--aws", said="{}")
    folder.done("deployments", "add", "-", "--aws", said='{"model_version": 1, "deployment_method": "lambda"}')
    assert "amidst a rollout" in folder.refused("promote", 1, "--aws")
    assert folder.rows("deployments", "--aws")[0]["state"] == "pending"
    assert folder.rows("promote", 1, "--aws", "--registry-only")[0]["why"] == "deployed"


def test_traffic_that_is_not_ours_is_not_moved(folder: Folder, session: boto3.Session, moved: Moved) -> None:
    folder.file("inferwatch.toml", SPEC)
    folder.done("versions", "add", "-", "--aws", said="{}")
    folder.done("deployments", "add", "-", "--aws", said='{"model_version": 1, "deployment_method": "self hosted ECS"}')
    assert "how ECS serves it is not InferWatch's" in folder.done("promote", 1, "--aws").stderr
    assert moved == []


def test_without_a_spec_no_traffic_is_moved(folder: Folder, session: boto3.Session, moved: Moved) -> None:
    folder.file("inferwatch.toml", SPEC + "[environment.prod]\n[environment.dev]\n")
    folder.done("versions", "add", "-", "--aws", said="{}")
    folder.done("deployments", "add", "-", "--aws", said='{"model_version": 1, "deployment_method": "lambda"}')
    said = folder.refused("promote", 1, "--aws", "--model", "/abc_corp/claim/doc_classification")
    assert "needs the model's spec: --spec" in said
    folder.done(
        "deployments",
        "add",
        "-",
        "--aws",
        "--environment",
        "prod",
        said='{"model_version": 1, "deployment_method": "lambda"}',
    )
    assert "deployment 2 is of prod: say --environment prod" in folder.refused("promote", 2, "--aws")
    assert moved == []


def test_where_there_is_no_registry_yet(folder: Folder, account: boto3.Session) -> None:
    folder.file("inferwatch.toml", SPEC)
    assert "there is no registry inferwatch-registry in region eu-central-1 yet" in folder.refused("versions", "--aws")
