"""The page's own files: small, complete, and nothing from elsewhere."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import httpx

from inferwatch.web.assets import FOLDER

LIMIT = 50 * 1024
FILES = sorted(FOLDER.iterdir())
MODULES = [path for path in FILES if path.suffix == ".js" and path.name != "theme.js"]
PAGES = {path.name: path.read_text() for path in FILES if path.suffix == ".html"}
ENTRIES = {"index.html": "main.js", "overview.html": "overview.js"}


def imports(path: Path) -> set[str]:
    return set(re.findall(r'^import .*? from "\./([\w.]+)";$', path.read_text(), re.MULTILINE))


def reached(entry: str) -> set[str]:
    """The modules that a page's own loads, itself among them."""
    found, left = {entry}, [entry]
    while left:
        for name in imports(FOLDER / left.pop()) - found:
            found.add(name)
            left.append(name)
    return found


def loaded(page: str) -> set[str]:
    """Every file that a page loads, itself among them."""
    return {page, *re.findall(r'(?:src|href)="/static/([\w.]+)"', PAGES[page]), *reached(ENTRIES[page])}


def test_what_each_page_loads_fits_in_50_kilobytes_compressed() -> None:
    assert ENTRIES.keys() == PAGES.keys()
    for page in PAGES:
        total = sum(len(gzip.compress((FOLDER / name).read_bytes(), 9)) for name in loaded(page))
        assert total <= LIMIT, f"{page}: {total} bytes"


def test_every_file_is_used_and_every_module_loaded_ahead() -> None:
    assert set().union(*(loaded(page) for page in PAGES)) | {"entry.css"} == {path.name for path in FILES}
    for page, entry in ENTRIES.items():
        ahead = set(re.findall(r'modulepreload" href="/static/([\w.]+)"', PAGES[page]))
        assert ahead == reached(entry) - {entry}, page


def test_every_name_that_is_imported_is_exported() -> None:
    for path in MODULES:
        for names, source in re.findall(r'^import \{ (.*?) \} from "\./([\w.]+)";$', path.read_text(), re.MULTILINE):
            text = (FOLDER / source).read_text()
            for name in names.split(", "):
                assert re.search(rf"^export (async )?(function|const|class) {name}\b", text, re.MULTILINE), (path, name)


def test_nothing_is_inline_and_nothing_comes_from_elsewhere() -> None:
    for page in PAGES.values():
        assert "<style" not in page
        assert " style=" not in page
        assert re.findall(r"<script(?![^>]*\bsrc=)", page) == []
        assert re.findall(r"\son\w+=", page) == []
    for path in FILES:
        addresses = re.findall(r"(?:https?:)?//[\w-]+\.[\w.-]+", path.read_text())
        assert set(addresses) <= {"http://www.w3.org"}, path


def test_no_module_parses_markup_or_text_as_code() -> None:
    for path in MODULES:
        assert not re.search(
            r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|new Function", path.read_text()
        )


def test_files_are_revalidated_and_typed(client: httpx.Client) -> None:
    types = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml", ".html": "text/html"}
    for path in FILES:
        answer = client.get(f"/static/{path.name}")
        assert answer.content == path.read_bytes()
        assert answer.headers["content-type"].startswith(types[path.suffix])
        again = client.get(f"/static/{path.name}", headers={"if-none-match": answer.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
    assert client.get("/static/nothing.js").status_code == 404
    assert client.get("/static/..%2fapp.py").status_code == 404
