"""For all tests: how many workers and examples there are, and that those of one xdist group stay with one worker.

xdist writes the group into an item's `_nodeid`, where pytest 9.2 no longer looks (pytest-dev/pytest-xdist#1386), so
`--dist loadgroup` would spread them in silence. Until a release of xdist does it, it is done here.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from unittest import mock

import pytest

import examples

examples.register()


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "xdist_group(name): tests that one worker runs, since they share something dear")


def pytest_xdist_auto_num_workers() -> int:
    """One more than there are cores: a third of the time goes into waiting for processes, browsers and alarms."""
    return (os.cpu_count() or 1) + 1


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if not config.getoption("loadgroup", default=False):
        return
    for item in items:
        marker = item.get_closest_marker("xdist_group")
        if marker is not None and "@" not in item.nodeid.rpartition("]")[2]:
            item._id = type(item._id).parse(f"{item.nodeid}@{marker.args[0]}")  # type: ignore[attr-defined]


@pytest.fixture(scope="session", autouse=True)
def _botocore_reads_each_of_its_models_once() -> Iterator[None]:
    """Every session of boto3's would read them anew, which is most of what a test against moto costs."""
    from botocore.session import Session, get_session

    loader = get_session().get_component("data_loader")

    def share(session: Session) -> None:
        session.register_component("data_loader", loader)

    with mock.patch.object(Session, "_register_data_loader", share):
        yield
