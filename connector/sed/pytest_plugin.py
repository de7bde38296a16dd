"""The pytest plugin (entry point `pytest11`): failures inside the shipped suites are told in full.

Kept apart from `connector.sed.testing`, so that a pytest run that does not use the suites loads none of them.
"""

import pytest

pytest.register_assert_rewrite("connector.sed.testing")
