"""docs/reference/spec.md names every key of a spec, and its examples load."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec
import pytest

from inferwatch.spec import load_spec
from inferwatch.spec.account import AccountSpec
from inferwatch.spec.alarm import AlarmSpec
from inferwatch.spec.api import ApiSpec
from inferwatch.spec.composite_alarm import CompositeAlarmSpec
from inferwatch.spec.dashboard import DashboardSpec, Widget
from inferwatch.spec.feature import FeatureSpec
from inferwatch.spec.function import FunctionSpec
from inferwatch.spec.history import HistorySpec
from inferwatch.spec.lake import LakeSpec
from inferwatch.spec.logs import LogsSpec
from inferwatch.spec.metric import MetricSpec
from inferwatch.spec.monitor_spec import ModelSpec
from inferwatch.spec.notify import NotifySpec
from inferwatch.spec.pipeline import PipelineSpec
from inferwatch.spec.query import QuerySpec
from inferwatch.spec.queue import QueueSpec
from inferwatch.spec.sagemaker import SageMakerSpec

PAGE = (Path(__file__).parents[2] / "docs" / "reference" / "spec.md").read_text()
TABLES = {
    "## [model]": ModelSpec,
    "## [function]": FunctionSpec,
    "## [api]": ApiSpec,
    "## [queue]": QueueSpec,
    "## [sagemaker]": SageMakerSpec,
    "## [logs]": LogsSpec,
    "## [history]": HistorySpec,
    "## [lake]": LakeSpec,
    "## [pipeline]": PipelineSpec,
    "## [aws]": AccountSpec,
    "## [features]": FeatureSpec,
    "## [[metric]]": MetricSpec,
    "## [[alarm]]": AlarmSpec,
    "## [[composite_alarm]]": CompositeAlarmSpec,
    "## [[query]]": QuerySpec,
    "## [notify.NAME]": NotifySpec,
    "`[[dashboard.widget]]` tables": Widget,
}


@pytest.mark.parametrize("heading", TABLES)
def test_every_key_stands_in_the_table_of_its_heading(heading: str) -> None:
    section = PAGE[PAGE.index(heading) + len(heading) :].split("\n## ")[0]
    documented = {key for row in re.findall(r"^\| (`.+?) \|", section, re.M) for key in re.findall(r"`(\w+)`", row)}
    assert documented == {field.name for field in msgspec.structs.fields(TABLES[heading])}


def test_dashboard_keys_are_documented() -> None:
    section = PAGE[PAGE.index("## [dashboard]") :]
    assert all(f"`{f.name}`" in section for f in msgspec.structs.fields(DashboardSpec) if f.name != "widget")


@pytest.mark.parametrize("number", [0, 1, 2])
def test_the_examples_load(number: int, tmp_path: Path) -> None:
    example = re.findall(r"```toml\n(.*?)```", PAGE, re.S)[number]
    if "[model]" not in example:
        example = '[model]\nnamespace = "/a"\nname = "b"\n' + example
    (tmp_path / "inferwatch.toml").write_text(example)
    assert load_spec(tmp_path, environ={}).alarms
