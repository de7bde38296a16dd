"""Keys, certificates and providers that the tests of SMEV share; made at start, valid for the tests only."""

from datetime import UTC, datetime

import pytest

from smev.errors import SetupError
from smev.gost import Scheme, issue
from smev.gost import provider as find_provider
from smev.gost.pure import PureProvider
from smev.gost.signer import KeySigner

DATES = (datetime(2025, 1, 1, tzinfo=UTC), datetime(2035, 1, 1, tzinfo=UTC))


@pytest.fixture(scope="session")
def pure():
    return PureProvider()


@pytest.fixture(scope="session")
def openssl():
    """The gost engine; tests that need it skip, by name, where the machine has none."""
    try:
        return find_provider("openssl")
    except SetupError as error:
        pytest.skip(f"the OpenSSL gost engine is absent here: {error}")


@pytest.fixture(scope="session")
def fast():
    """The fastest provider of this machine, for tests that are not about providers."""
    return find_provider()


@pytest.fixture(scope="session")
def make_signer(fast):
    """Return a maker of signers with fresh self-signed certificates."""

    def make(scheme=Scheme.GOST2012_256, common="Test system", dates=DATES):
        key = issue.new_key(scheme)
        name = issue.name(CN=common, O="example.org")
        return KeySigner(key, issue.certify(key.public(), name, key, name, fast, dates=dates), fast)

    return make


@pytest.fixture(scope="session")
def signer(make_signer):
    return make_signer()


@pytest.fixture(scope="session")
def signer_512(make_signer):
    return make_signer(Scheme.GOST2012_512)


@pytest.fixture(scope="session")
def now():
    return datetime(2026, 6, 1, tzinfo=UTC)
