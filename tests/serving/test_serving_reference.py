"""What docs/reference/serving.md shows, done."""

from __future__ import annotations

import base64
import re
from pathlib import Path
from typing import Any

import pytest

from inferwatch.sdk import compiled_spec
from inferwatch.spec import load_spec

DOCUMENT = (Path(__file__).parents[2] / "docs/reference/serving.md").read_text()
PARSE, COMPILE = re.findall(r"^```python\n(.*?)^```", DOCUMENT, re.M | re.S)


def test_its_parse_reads_an_image() -> None:
    names: dict[str, Any] = {}
    exec(PARSE, names)
    assert names["parse"]({"body": base64.b64encode(bytes(range(64))).decode()}) == {"pixels": list(range(64))}
    with pytest.raises(ValueError, match="expected an image of 64 bytes; got 1"):
        names["parse"]({"body": base64.b64encode(b"x").decode()})


def test_its_two_lines_write_the_compiled_spec(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "inferwatch.toml").write_text('[model]\nnamespace = "/demo"\nname = "adder"\n')
    monkeypatch.chdir(tmp_path)
    exec(COMPILE, {})
    (tmp_path / "inferwatch.toml").rename(tmp_path / "moved.toml")
    assert compiled_spec.load({}, "") == load_spec(tmp_path / "moved.toml").compile()
