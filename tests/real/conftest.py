"""Tests against real engines run only when they are asked for: `make test-real`, `pytest -m real`."""

import pytest


def pytest_collection_modifyitems(config, items):
    if "real" in (config.getoption("-m") or ""):
        return
    for item in items:
        if item.get_closest_marker("real"):
            item.add_marker(pytest.mark.skip(reason="a real engine: make test-real"))
