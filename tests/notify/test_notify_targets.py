from __future__ import annotations

from pathlib import Path

import pytest
from notify_examples import a_spec

from inferwatch.errors import SpecError
from inferwatch.notify.targets import targets

THREE = """
[notify.slack]
webhook_env = "SLACK_WEBHOOK_URL"
[notify.pager]
type = "webhook"
webhook_env = "PAGER_URL"
[notify.aws]
type = "slack"
workspace_id = "T0123456789"
channel_id = "C0123456789"
"""


def test_what_is_set_is_a_target_and_the_rest_is_none(tmp_path: Path) -> None:
    environ = {"SLACK_WEBHOOK_URL": "https://hooks.slack.com/services/x\n", "PAGER_URL": " "}
    made = targets(a_spec(tmp_path, THREE), environ)
    assert list(made) == ["slack", "pager", "aws"]
    assert [notify is not None for notify in made.values()] == [True, False, False]
    assert "services" not in repr(made)


@pytest.mark.parametrize(
    "value",
    ["hooks.slack.com/s3cr3t", "file:///etc/s3cr3t", "ftp://a/s3cr3t", "https:///s3cr3t", "http://a b/s3cr3t\x01",
     "http://[s3cr3t", "http://a:s3cr3t/"],
)  # fmt: skip
def test_what_is_no_url_is_an_error_that_does_not_tell_it(value: str, tmp_path: Path) -> None:
    with pytest.raises(SpecError, match=r"notify\.slack\.webhook_env: the environment variable SLACK_") as caught:
        targets(a_spec(tmp_path, THREE), {"SLACK_WEBHOOK_URL": value})
    assert "s3cr3t" not in str(caught.value)
