"""Which files of a model's folder are deployed, and how."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import pytest
from small_model import small_model

from inferwatch.cdk.package import model_folder
from inferwatch.errors import DeployError
from inferwatch.spec import ignore
from inferwatch.store import Store

SECRET = "AWS_SECRET_ACCESS_KEY=very-secret"


def deployed(source: Path, target: Path, more: str = "") -> set[str]:
    model_folder.copy(small_model(source, more), target)
    return {file.relative_to(target).as_posix() for file in target.rglob("*") if file.is_file()}


def put(folder: Path, *paths: str) -> None:
    for path in paths:
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(SECRET)


def test_the_models_own_files_go_and_the_compiled_spec_with_them(tmp_path: Path) -> None:
    put(tmp_path / "model", "weights/model.ubj", "labels.txt")

    assert deployed(tmp_path / "model", tmp_path / "out") == {
        "app.py", "inferwatch.toml", "inferwatch.compiled.json", "weights/model.ubj", "labels.txt",
    }  # fmt: skip


def test_the_compiled_spec_is_the_environments(tmp_path: Path) -> None:
    spec = small_model(tmp_path / "model", "[environment.prod]\nmodel.version = 7\n", "prod")

    model_folder.copy(spec, tmp_path / "out")

    compiled = json.loads((tmp_path / "out" / "inferwatch.compiled.json").read_bytes())
    assert compiled == json.loads(json.dumps(spec.compile()))
    assert (compiled["environment"], compiled["model_version"]) == ("prod", 7)


@pytest.mark.parametrize(
    "path",
    [
        ".env", ".env.prod", ".git/config", ".venv/lib/site.py", ".aws/credentials", ".inferwatch/catalog.sqlite",
        "__pycache__/app.cpython-313.pyc", "cdk.out/manifest.json", "tests/test_app.py", "node_modules/x/index.js",
        "package/__pycache__/x.pyc", "package/.netrc", "old.pyc", ".dockerignore",
    ],
)  # fmt: skip
def test_secrets_and_junk_stay_at_home(tmp_path: Path, path: str) -> None:
    put(tmp_path / "model", path)

    assert path not in deployed(tmp_path / "model", tmp_path / "out")


def test_a_virtual_environment_stays_whatever_it_is_called(tmp_path: Path) -> None:
    put(tmp_path / "model", "python/pyvenv.cfg", "python/lib/numpy.py")

    assert deployed(tmp_path / "model", tmp_path / "out") == {"app.py", "inferwatch.toml", "inferwatch.compiled.json"}


def test_so_does_the_data_of_a_model_that_is_up(tmp_path: Path) -> None:
    Store.open(tmp_path / "model" / "mine", writer=True).close()
    put(tmp_path / "model", "mine/logs/claim.jsonl")

    assert deployed(tmp_path / "model", tmp_path / "out") == {"app.py", "inferwatch.toml", "inferwatch.compiled.json"}


def test_dockerignore_is_honoured(tmp_path: Path) -> None:
    put(tmp_path / "model", "train.py", "data/big.csv", "data/labels.csv", "README.md")
    (tmp_path / "model" / ".dockerignore").write_text("# not needed\ntrain.py\ndata\n!data/labels.csv\n*.md\n")

    assert deployed(tmp_path / "model", tmp_path / "out") == {
        "app.py", "inferwatch.toml", "inferwatch.compiled.json", "data/labels.csv",
    }  # fmt: skip


def test_dockerignore_cannot_bring_a_secret_back(tmp_path: Path) -> None:
    put(tmp_path / "model", ".env")
    (tmp_path / "model" / ".dockerignore").write_text("!.env\n")

    assert ".env" not in deployed(tmp_path / "model", tmp_path / "out")


def test_a_dockerignore_without_the_models_code_is_refused(tmp_path: Path) -> None:
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / ".dockerignore").write_text("*.py\n")

    with pytest.raises(DeployError, match=r"app\.py, which model\.predict names, is left out by .*\.dockerignore"):
        deployed(tmp_path / "model", tmp_path / "out")


def test_everybody_may_read_what_is_deployed(tmp_path: Path) -> None:
    put(tmp_path / "model", "model.ubj", "tool.sh")
    (tmp_path / "model" / "model.ubj").chmod(0o600)
    (tmp_path / "model" / "tool.sh").chmod(0o700)
    deployed(tmp_path / "model", tmp_path / "out")

    modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in (tmp_path / "out").iterdir()}
    assert (modes["model.ubj"], modes["tool.sh"]) == (0o644, 0o755)


def test_and_that_whatever_modes_new_files_have_here(tmp_path: Path) -> None:
    before = os.umask(0o077)
    try:
        deployed(tmp_path / "model", tmp_path / "out")
    finally:
        os.umask(before)
    assert {stat.S_IMODE(file.stat().st_mode) for file in (tmp_path / "out").iterdir()} == {0o644}


def test_links_are_followed_and_end(tmp_path: Path) -> None:
    put(tmp_path, "shared/model.ubj")
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "weights").symlink_to(tmp_path / "shared")
    (tmp_path / "model" / "again").symlink_to(tmp_path / "model")
    (tmp_path / "model" / "gone").symlink_to(tmp_path / "nowhere")

    assert deployed(tmp_path / "model", tmp_path / "out") == {
        "app.py", "inferwatch.toml", "inferwatch.compiled.json", "weights/model.ubj",
    }  # fmt: skip


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(tmp_path / "model", "model.ubj")

    def refuse(source: Path, target: Path) -> None:
        raise PermissionError(13, "Permission denied", str(source))

    monkeypatch.setattr("shutil.copyfile", refuse)
    with pytest.raises(DeployError, match=r"model/.* cannot be deployed: Permission denied"):
        deployed(tmp_path / "model", tmp_path / "out")


@pytest.mark.parametrize(
    ("line", "hidden", "shown"),
    [
        ("train.py", ["train.py", "train.py/x"], ["a/train.py", "train.pyx"]),
        ("*.csv", ["a.csv"], ["a/b.csv", "a.csv2"]),
        ("**/*.csv", ["a.csv", "a/b.csv", "a/b/c.csv"], ["a.txt"]),
        ("data/**", ["data/a", "data/a/b"], ["database"]),
        ("/data/", ["data", "data/a"], ["x/data"]),
        ("./data", ["data"], ["x/data"]),
        ("a?c", ["abc"], ["ac", "a/c"]),
        ("[ab].txt", ["a.txt", "b.txt"], ["c.txt"]),
        ("a\\*", ["a*"], ["ab"]),
        ("a.b", ["a.b"], ["axb"]),
        ("**", ["a", "a/b"], []),
        ("# a", [], ["# a", "a"]),
        ("", [], ["a"]),
    ],
)
def test_dockerignore_patterns(line: str, hidden: list[str], shown: list[str]) -> None:
    rules = ignore.read([line])

    assert [path for path in hidden if not rules.hides(path)] == []
    assert [path for path in shown if rules.hides(path)] == []


def test_the_last_rule_that_fits_decides() -> None:
    rules = ignore.read(["*", "!keep", "keep/not"])

    assert [rules.hides(path) for path in ("x", "keep", "keep/a", "keep/not")] == [True, False, False, True]
