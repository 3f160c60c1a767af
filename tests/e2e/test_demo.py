"""The demo's whole story, as the README has it, without a browser. A shorter form is in test_story_in_browser.py."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from inferwatch.cli.demo.story import SHORTEST_SECONDS, STORY_ALARMS


@pytest.mark.soak
@pytest.mark.timeout(400)
def test_the_headless_demo_balances_its_account() -> None:
    command = [sys.executable, "-c", "from inferwatch.cli import main; main()", "demo", "--headless", "--json"]
    done = subprocess.run(
        [*command, "--duration", str(SHORTEST_SECONDS + 15)], capture_output=True, text=True, check=False
    )
    account = json.loads(done.stdout)
    assert (done.returncode, account["problems"]) == (0, []), done.stderr
    assert account["recorded"] == account["sent"] - account["refused"] > 1000
    assert account["by_status"]["rejected"] > 0
    for alarm in STORY_ALARMS:
        states = [change["state"] for change in account["transitions"] if change["alarm"] == alarm]
        assert states == ["OK", "ALARM", "OK"]
    assert account["messages_at_webhook"] == account["notifications"]["delivered"] == 2 * len(STORY_ALARMS)
