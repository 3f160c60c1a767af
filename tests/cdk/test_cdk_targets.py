"""Which targets of a spec AWS reaches, and which alarms go to fewer than all."""

from __future__ import annotations

from pathlib import Path

import pytest

from inferwatch.cdk.monitoring import targets
from inferwatch.spec import load_spec
from inferwatch.spec.monitor_spec import MonitorSpec

pytestmark = pytest.mark.xdist_group("synth")  # importing the CDK takes a second, which one worker pays

NOTIFY = """
[notify.team]
type = "email"
address = "team@example.com"
[notify.slack]
workspace_id = "T0123456789"
channel_id = "C0123456789"
[notify.hook]
type = "webhook"
webhook_env = "HOOK_URL"
[notify.laptop]
type = "slack"
webhook_env = "SLACK_WEBHOOK_URL"
"""


def spec_of(folder: Path, alarm: str = "", notify: str = NOTIFY) -> MonitorSpec:
    model = '[model]\nnamespace = "/a"\nname = "b"\n'
    (folder / "inferwatch.toml").write_text(f'{model}[[alarm]]\nname = "High-Latency-Alarm"\n{alarm}\n{notify}')
    return load_spec(folder, environ={})


def test_only_what_has_an_address_on_aws_is_reached(tmp_path: Path) -> None:
    spec = spec_of(tmp_path)

    assert targets.reached(spec) == ("slack", "team")
    assert targets.channel(spec.notify["slack"]) == ("T0123456789", "C0123456789")
    assert targets.endpoint(spec.notify["team"]) == ("email", "team@example.com")
    assert targets.endpoint(spec.notify["slack"]) is None


def test_what_is_not_reached_is_said_by_its_key(tmp_path: Path) -> None:
    said = targets.unreached(spec_of(tmp_path))

    assert list(said) == ["notify.hook", "notify.laptop"]
    assert "webhook" in said["notify.hook"]
    assert "workspace_id and channel_id" in said["notify.laptop"]


@pytest.mark.parametrize(
    ("alarm", "wanted"),
    [
        ("", None),
        ('notify = ["team", "slack", "laptop"]', None),
        ('notify = ["slack", "hook", "team", "laptop"]', None),
        ('notify = ["team", "slack"]', ("slack", "team")),
        ('notify = ["laptop"]', ("laptop",)),
        ('notify = ["team"]', ("team",)),
        ('notify = ["team", "hook"]', ("team",)),
        ('notify = ["hook"]', ()),
        ("notify = []", ()),
    ],
)
def test_an_alarm_goes_to_all_or_to_those_it_names(tmp_path: Path, alarm: str, wanted: tuple[str, ...] | None) -> None:
    spec = spec_of(tmp_path, alarm)

    assert targets.wanted(spec, spec.alarms[0]) == wanted


def test_where_nobody_is_declared_an_alarm_still_goes_to_the_shared_topic(tmp_path: Path) -> None:
    spec = spec_of(tmp_path, notify="")

    assert targets.reached(spec) == ()
    assert targets.wanted(spec, spec.alarms[0]) is None
