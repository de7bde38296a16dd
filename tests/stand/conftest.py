"""A running stand and a client that speaks to it on the wire."""

import pytest

from stand.running import Stand
from tests.stand.wire import open_client


@pytest.fixture
def stand(tmp_path):
    with Stand(tmp_path / "stand", cabinets=2, messages=12, seed=3) as running:
        yield running


@pytest.fixture
def client(stand):
    with open_client(stand) as client:
        yield client
