"""What the README and the reference tell a user to do, done."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import orjson
import pytest
from up_process import Up, until

from inferwatch.ports import RecordQuery
from inferwatch.store import Store

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()


def blocks(text: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.M | re.S)


@pytest.fixture
def model(tmp_path: Path) -> Path:
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "app.py").write_text(blocks(README, "python")[0])
    (folder / "inferwatch.toml").write_text(blocks(README, "toml")[0])
    return folder


def test_the_readme_s_model_answers_the_readme_s_request(model: Path, tmp_path: Path) -> None:
    (request,) = [line for line in README.splitlines() if line.startswith("curl")]
    _, _, body, url = shlex.split(request)
    up = Up(model, tmp_path / "data")
    try:
        assert url.endswith(":8080/predict")
        code, said = up.predict(body.encode())
        assert (code, said["prediction"], said["confidence"]) == (200, "approved", 0.93)
    finally:
        up.kill_tree()


def test_the_readme_s_service_records_by_the_sdk_alone(model: Path) -> None:
    subprocess.run([sys.executable, "-c", blocks(README, "python")[1]], cwd=model, check=True)
    spec = model / "inferwatch.toml"
    spec.write_text(spec.read_text().replace('predict = "app:predict"', ""))
    up = Up(model, model / ".inferwatch")
    try:
        assert "names no `predict` to serve" in up.said()
        with Store.open(model / ".inferwatch", writer=False) as store:
            until(lambda: {one.metric for one in store.series()} >= {"Invocations", "PredictionProbability"})
            (record,) = store.records(RecordQuery(start_ms=0, end_ms=1 << 45))
    finally:
        up.kill_tree()
    assert (record["prediction"], record["pages"], record["status"]) == ("approved", 3, "succeeded")


def test_the_reference_s_recording_runs(model: Path) -> None:
    example = blocks((ROOT / "docs/reference/record.md").read_text(), "python")[0]
    show = "\nimport orjson, sys; sys.stdout.buffer.write(orjson.dumps(monitor._sink.records))"
    done = subprocess.run([sys.executable, "-c", example + show], cwd=model, check=True, capture_output=True)
    decorated, by_hand, in_one_call = orjson.loads(done.stdout)
    assert (decorated["pages"], decorated["prediction"], decorated["PredictionProbability"]) == (3, "approved", 0.93)
    assert (by_hand["Drift"], by_hand["confidence"]) == (0.2, 0.4)
    assert (in_one_call["elapse"], in_one_call["request"]) == (12.5, {"pages": 5})


@pytest.mark.parametrize("document", [*sorted(ROOT.glob("docs/**/*.md")), ROOT / "README.md", ROOT / "CONTRIBUTING.md"])
def test_links_lead_somewhere(document: Path) -> None:
    for target in re.findall(r'(?:\]\(|src="|srcset=")(?!https?://)([^)#"]+)', document.read_text()):
        assert (document.parent / target).exists(), f"{document.name} links to {target}"


def test_make_targets_of_the_documents_exist() -> None:
    made = set(re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(), re.M))
    named = set(re.findall(r"^make (\w+)", README + (ROOT / "CONTRIBUTING.md").read_text(), re.M))
    assert named <= made
