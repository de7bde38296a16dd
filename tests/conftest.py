"""Fixtures that every room shares."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from tests.postgres_server import PostgresServer

ROOT = Path(__file__).parent.parent

# The suite tries the same examples every time: what it says depends on the code alone. `make fuzz` wanders.
settings.register_profile("same", derandomize=True, database=None)
settings.register_profile("wander", print_blob=True)
settings.load_profile("wander" if os.environ.get("SEDLINK_FUZZ") else "same")


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The reference data beside the checkout; tests that need it skip, by name, where it is absent."""
    folder = Path(os.environ.get("SEDLINK_SHARED_DATA", ROOT.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip("reference data folder ../shared/data is absent (or set SEDLINK_SHARED_DATA)")
    return folder


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """A real PostgreSQL server for the whole run, started by the first test that wants it."""
    with PostgresServer() as server:
        yield server


@pytest.fixture
def postgres_url(postgres: PostgresServer) -> Iterator[str]:
    """A fresh, empty database of that server; costs some 30 ms."""
    name = postgres.create()
    yield postgres.url(name)
    postgres.drop(name)
