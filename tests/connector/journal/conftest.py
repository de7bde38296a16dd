"""One journal on each database: everything in this folder that asks for `journal` runs on both."""

import shutil

import pytest

from connector.journal.journal import Journal
from tests.connector.journal.support import Clock, open_journal


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory):
    path = tmp_path_factory.mktemp("template") / "journal.db"
    Journal.upgrade(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def postgres_template(postgres):
    name = postgres.create()
    Journal.upgrade(postgres.url(name))
    return name


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request, tmp_path):
    """The URL of a fresh, upgraded journal."""
    if request.param == "sqlite":
        path = tmp_path / "journal.db"
        shutil.copy(request.getfixturevalue("sqlite_template"), path)
        yield f"sqlite:///{path}"
        return
    server = request.getfixturevalue("postgres")
    name = server.create(request.getfixturevalue("postgres_template"))
    yield server.url(name)
    server.drop(name)


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def journal(url, clock, tmp_path):
    with open_journal(url, tmp_path / "files", clock) as journal:
        yield journal


@pytest.fixture
def second(url, clock, tmp_path):
    """Another process's view of the same journal."""
    with open_journal(url, tmp_path / "files", clock, actor="second") as journal:
        yield journal
