"""What docs/organisation.md says, done: its programs make what it says, and its names are those of the spec."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from small_model import small_model

from inferwatch.cloudwatch.names import names
from inferwatch.lake import layout
from inferwatch.spec import load_spec

TEXT = (Path(__file__).parents[2] / "docs" / "organisation.md").read_text()

pytestmark = pytest.mark.xdist_group("synth")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", TEXT, re.M | re.S)


def test_the_inventory_logs_to_its_node(tmp_path: Path) -> None:
    (spec,) = blocks("toml")
    (tmp_path / "inferwatch.toml").write_text(spec)
    assert load_spec(tmp_path, environ={}).identity.log_group == "/it/inventory/transportation"
    for account in ("111111111111", "222222222222"):
        (tmp_path / "inferwatch.toml").write_text(f'{spec}\n[aws]\naccount = "{account}"\n')
        assert load_spec(tmp_path, environ={}).identity.log_group == "/it/inventory/transportation"


def test_the_names_of_its_table_are_the_spec_s(tmp_path: Path) -> None:
    (tmp_path / "inferwatch.toml").write_text('[model]\nnamespace = "/abc_corp/claim"\nname = "doc_classification"\n')
    spec = load_spec(tmp_path, environ={})
    called = names(spec)
    for name in (
        spec.identity.log_group,
        spec.identity.metric_namespace,
        called.stack,
        f"{layout.FOLDER}/{layout.model_folder(called.log_group)}/",
    ):
        assert f"`{name}" in TEXT


def test_its_programs_make_what_they_show(tmp_path: Path) -> None:
    small_model(tmp_path / "doc_classification")
    environ = {**os.environ, "CDK_VALIDATION": "false", "CDK_OUTDIR": str(tmp_path / "cdk.out")}
    both = "\n".join(blocks("python"))  # in one process, since each would load the CDK
    subprocess.run([sys.executable, "-c", both], cwd=tmp_path, env=environ, check=True)
    made = {
        file.name.partition(".")[0]: json.loads(file.read_text())["Resources"].values()
        for file in (tmp_path / "cdk.out").glob("*.template.json")
    }
    kinds = {name: {resource["Type"] for resource in resources} for name, resources in made.items()}
    assert kinds["abc-corp-claim-adder"] >= {"AWS::IAM::Group", "AWS::IAM::ManagedPolicy"}
    assert kinds["claims-monitoring"] == {"AWS::Oam::Sink", "AWS::IAM::Group", "AWS::IAM::ManagedPolicy"}
    assert kinds["claims-link"] == {"AWS::Oam::Link", "AWS::IAM::ManagedPolicy"}
