"""Sentences are compared in English, whatever the machine speaks; the suite explains its assertions."""

import pytest

from config.i18n import speaking

pytest.register_assert_rewrite("tests.connector.platform.conformance")


@pytest.fixture(autouse=True)
def english():
    with speaking("en"):
        yield


@pytest.fixture(scope="session")
def journal_template(tmp_path_factory):
    """An upgraded journal of SQLite, to be copied."""
    from connector.journal.journal import Journal

    path = tmp_path_factory.mktemp("template") / "journal.db"
    Journal.upgrade(f"sqlite:///{path}")
    return path


@pytest.fixture
def script():
    from tests.connector.platform.loopback import Script

    return Script()
