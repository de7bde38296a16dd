"""Times that production counts in seconds, for tests that would sleep through them."""

from datetime import timedelta
from functools import partial

import pytest

from connector.journal.part import PausePolicy


@pytest.fixture
def short_pauses(monkeypatch):
    """Channels that broke are tried again after a tenth of a second, not after five seconds and more."""
    quick = partial(PausePolicy, base=timedelta(milliseconds=100), cap=timedelta(seconds=1))
    monkeypatch.setattr("connector.journal.opening.PausePolicy", quick)
