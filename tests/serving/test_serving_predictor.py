from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from inferwatch.errors import HandlerError
from inferwatch.serving.predictor import load_function

Write = Callable[[str], str]


@pytest.fixture
def write(tmp_path: Path) -> Iterator[Write]:
    """Writes a model's `app.py`, gives its folder; the process forgets both afterwards."""

    def written(text: str) -> str:
        (tmp_path / "app.py").write_text(text)
        return str(tmp_path)

    modules, path = set(sys.modules), list(sys.path)
    yield written
    sys.path[:] = path
    for name in set(sys.modules) - modules:
        del sys.modules[name]


def test_a_function_is_loaded_and_its_neighbours_can_be_imported(write: Write, tmp_path: Path) -> None:
    (tmp_path / "neighbour.py").write_text("FACTOR = 3\n")
    folder = write("from neighbour import FACTOR\ndef predict(features):\n    return features * FACTOR\n")
    assert load_function("app:predict", folder)(2) == 6


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("import math\n\nimport nowhere_to_be_found\n", "app.py, line 3: ModuleNotFoundError: No module named"),
        ("x = 1\ny = x / 0\n", "app.py, line 2: ZeroDivisionError: division by zero"),
        ("def predict(:\n", "app.py, line 1: SyntaxError: "),
        ("import json\njson.loads('{')\n", "app.py, line 2: JSONDecodeError: "),
        ("raise SystemExit('no weights')\n", "app.py, line 1: SystemExit: no weights"),
    ],
)
def test_a_module_that_does_not_import_names_the_line(write: Write, text: str, message: str) -> None:
    with pytest.raises(HandlerError) as caught:
        load_function("app:predict", write(text))
    assert f"app:predict does not import: {message}" in str(caught.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("def predcit(features):\n    return 1\n", "has no function 'predict'; did you mean 'predcit'?"),
        ("", "has no function 'predict'"),
        ("predict = 3\n", "'predict' in {folder}/app.py is not a function but int"),
        ("async def predict(features):\n    return 1\n", "is async; expected a plain function"),
    ],
)
def test_a_function_that_is_none_is_said(write: Write, text: str, message: str) -> None:
    folder = write(text)
    with pytest.raises(HandlerError) as caught:
        load_function("app:predict", folder)
    assert message.format(folder=folder) in str(caught.value)


def test_a_missing_module_names_the_file_that_was_looked_for(tmp_path: Path) -> None:
    with pytest.raises(HandlerError, match=r"there is no .*/nothing_here\.py"):
        load_function("nothing_here:predict", str(tmp_path))
