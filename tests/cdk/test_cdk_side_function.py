"""Functions of InferWatch's own, beside the model's."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from small_model import small_model

if TYPE_CHECKING:
    from small_stack import Made

pytestmark = pytest.mark.xdist_group("synth")

MORE = '[function]\npython = "3.12"\narchitecture = "arm64"\nmemory = 4096\n[logs]\nretention_days = 30\n'


def build(folder: Path, more: str = MORE) -> Made:
    from small_stack import made

    from inferwatch.cdk.side_function import SideFunction

    spec = small_model(folder / "model", more)
    return made(
        lambda stack: SideFunction(
            stack,
            "Side",
            spec=spec,
            name="adder-Beside",
            description="Works beside",
            handler="inferwatch.serving.history_writer.handler",
            timeout=60,
        ),
        folder,
    )


def test_it_has_the_models_python_and_machine_and_a_small_memory(tmp_path: Path) -> None:
    function = build(tmp_path).one("Lambda::Function")

    assert (function["Runtime"], function["Architectures"]) == ("python3.12", ["arm64"])
    assert (function["MemorySize"], function["Timeout"]) == (256, 60)


def test_its_log_group_is_its_own_and_goes_with_the_stack(tmp_path: Path) -> None:
    made = build(tmp_path)
    (group,) = made.resources("Logs::LogGroup")

    assert group["Properties"]["LogGroupName"] == "/aws/lambda/adder-Beside"
    assert (group["Properties"]["RetentionInDays"], group["DeletionPolicy"]) == (30, "Delete")
    assert made.one("Lambda::Function")["LoggingConfig"]["LogGroup"] == "/aws/lambda/adder-Beside"
    (statement,) = made.statements()
    assert sorted(statement["Action"]) == ["logs:CreateLogStream", "logs:PutLogEvents"]


def test_its_code_is_inferwatch_for_that_machine_and_nothing_of_the_models(tmp_path: Path) -> None:
    build(tmp_path)
    (asset,) = (tmp_path / "cdk.out").glob("asset.*")

    names = {file.relative_to(asset).as_posix() for file in asset.rglob("*") if file.is_file()}
    assert "inferwatch/serving/log_events.py" in names
    assert not [name for name in names if name.endswith("app.py") and "/" not in name]
    assert [name for name in names if name.startswith("orjson/") and "aarch64" in name]
