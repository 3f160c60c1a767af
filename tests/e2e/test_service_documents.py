"""What docs/aws.md tells services on ECS and EKS: it parses, names the model's log group, and keeps the line whole."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from inferwatch.spec import load_spec

ROOT = Path(__file__).parents[2]
SECTION = (ROOT / "docs" / "aws.md").read_text().partition("## Services on ECS and EKS")[2].partition("\n## ")[0]
MODEL = '[model]\nnamespace = "/abc_corp/claim"\nname = "doc_classification"\nconfidence_scale = 1\n'


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", SECTION, re.M | re.S)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("service")
    (folder / "inferwatch.toml").write_text(MODEL)
    return folder


@pytest.fixture(scope="module")
def line(model: Path) -> bytes:
    """What the documented service writes for one request."""
    (service,) = blocks("python")
    code = f"{service}\npredict({{'pages': 3}})\n"
    done = subprocess.run([sys.executable, "-c", code], cwd=model, capture_output=True, check=True)
    return done.stdout


@pytest.fixture(scope="module")
def log_group(model: Path) -> str:
    return load_spec(model, environ={}).identity.log_group


def sections(text: str) -> list[dict[str, str]]:
    """Fluent Bit's classic configuration: the keys of each [SECTION], under "" its name."""
    found: list[dict[str, str]] = []
    for written in filter(None, map(str.strip, text.splitlines())):
        if name := re.fullmatch(r"\[(\w+)\]", written):
            found.append({"": name[1]})
        else:
            key, value = written.split(maxsplit=1)
            found[-1][key.lower()] = value
    return found


def configurations() -> list[list[dict[str, str]]]:
    """Of the daemon set, and of Fargate."""
    documents = [d for block in blocks("yaml") for d in yaml.safe_load_all(block) if d["kind"] == "ConfigMap"]
    return [sections("\n".join(document["data"].values())) for document in documents]


def test_the_service_writes_one_line_with_metrics(line: bytes, log_group: str) -> None:
    assert line.endswith(b"\n")
    record = json.loads(line)
    (directive,) = record["_aws"]["CloudWatchMetrics"]
    assert directive["Namespace"] == "abc_corp/claim"
    assert f"{record['namespace']}/{record['model_name']}" == log_group
    assert (record["prediction"], record["request"]) == ("approved", {"pages": 3})


def test_a_task_logs_into_the_model_s_group(log_group: str) -> None:
    task, policy = map(json.loads, blocks("json"))
    (container,) = task["containerDefinitions"]
    options = container["logConfiguration"]["options"]
    assert container["logConfiguration"]["logDriver"] == "awslogs"
    assert options["awslogs-group"] == log_group
    assert options["awslogs-stream-prefix"]  # which Fargate asks for
    (statement,) = policy["Statement"]
    assert statement["Resource"].endswith(f":log-group:{log_group}:*")
    assert statement["Action"] == ["logs:CreateLogStream", "logs:PutLogEvents"]


def test_fluent_bit_sends_the_line_alone_to_the_model_s_group(log_group: str) -> None:
    for configuration in configurations():
        (output,) = [each for each in configuration if each[""] == "OUTPUT"]
        assert output["name"] == "cloudwatch_logs"
        assert (output["log_group_name"], output["log_key"]) == (log_group, "log")


def test_what_is_read_is_what_is_sent() -> None:
    daemon, _ = configurations()
    (source,) = [each for each in daemon if each[""] == "INPUT"]
    (output,) = [each for each in daemon if each[""] == "OUTPUT"]
    assert source["tag"] == output["match"]
    assert source["multiline.parser"] == "cri"


def test_on_fargate_the_expression_takes_the_line_out_of_the_runtime_s(line: bytes) -> None:
    _, fargate = configurations()
    by_kind = {each[""]: each for each in fargate}
    assert by_kind["FILTER"]["parser"] == by_kind["PARSER"]["name"]
    assert by_kind["FILTER"]["key_name"] == "log"
    expression = re.sub(r"\?<(\w+)>", r"?P<\1>", by_kind["PARSER"]["regex"])
    text = line.decode().removesuffix("\n")
    match = re.match(expression, f"2026-11-21T15:00:00.123456789+00:00 stdout F {text}")
    assert match is not None
    assert match["log"] == text


def test_fargate_s_map_is_where_and_what_eks_looks_for() -> None:
    documents: list[Any] = [d for block in blocks("yaml") for d in yaml.safe_load_all(block)]
    (space,) = [d for d in documents if d["kind"] == "Namespace"]
    config = documents[-1]
    assert space["metadata"]["labels"] == {"aws-observability": "enabled"}
    assert (config["metadata"]["name"], config["metadata"]["namespace"]) == ("aws-logging", space["metadata"]["name"])
    assert sum(map(len, config["data"].values())) <= 5300  # characters, which EKS allows
