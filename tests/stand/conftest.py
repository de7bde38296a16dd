"""A running stand and a client that speaks to it on the wire."""

from datetime import UTC, datetime

import pytest

from stand.generator import make_cabinets, make_cases
from stand.running import Stand
from stand.words import Case, Round
from tests.stand.wire import open_client


@pytest.fixture
def stand(tmp_path):
    cabinets = make_cabinets(2, seed=3)
    cases = make_cases(12, cabinets, seed=3, now=datetime.now(UTC))
    quiet = [Case(case.message, (Round(()),)) for case in cases]  # nobody decides anything
    with Stand(tmp_path / "stand", cabinets=cabinets, cases=quiet, fsync=False) as running:
        yield running


@pytest.fixture
def client(stand):
    with open_client(stand) as client:
        yield client
