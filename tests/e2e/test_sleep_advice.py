"""The sleep-advice example on one machine: the request of its README, answered and recorded."""

from __future__ import annotations

import json
import re
from pathlib import Path

from up_process import Up, until

from inferwatch.ports import RecordQuery
from inferwatch.store import Store

EXAMPLE = Path(__file__).parents[2] / "examples" / "sleep_advice"


def test_up_serves_and_records_the_example(tmp_path: Path) -> None:
    (request,) = re.findall(r"^curl -d '(.*?)'", (EXAMPLE / "README.md").read_text(), re.M)
    up = Up(EXAMPLE, tmp_path / "data")
    try:
        code, said = up.predict(request.encode())
        assert (code, said["prediction"]) == (200, "sleep-longer")
        assert up.predict(json.dumps({"sleep_hours": 30}).encode())[0] == 400
        with Store.open(tmp_path / "data", writer=False) as store:
            until(lambda: len(store.records(RecordQuery(start_ms=0, end_ms=1 << 45))) == 2)
            refused, answered = store.records(RecordQuery(start_ms=0, end_ms=1 << 45))
    finally:
        up.kill_tree()
    assert (answered["status"], refused["status"]) == ("succeeded", "rejected")
    assert answered["confidence"] > 0.9
    assert answered["request"] == json.loads(request)
