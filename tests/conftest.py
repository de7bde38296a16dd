"""Fixtures that every room shares."""

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The reference data beside the checkout; tests that need it skip, by name, where it is absent."""
    folder = Path(os.environ.get("SEDLINK_SHARED_DATA", ROOT.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip("reference data folder ../shared/data is absent (or set SEDLINK_SHARED_DATA)")
    return folder
