"""The conformance suite is no test module by its name: its assertions explain themselves all the same."""

import pytest

pytest.register_assert_rewrite("tests.connector.platform.conformance")
