"""TLS is always verified, and settings that cannot work are refused when the platform is built."""

import pytest

from connector.errors import RetryableError
from tests.certificates import self_signed
from tests.connector.platform.loopback import LIST, connected, listed, message, page


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """Two authorities, each of one server: the right address and another one."""
    folder = tmp_path_factory.mktemp("tls")
    return {
        "good": self_signed(folder, "good", "127.0.0.1"),
        "other": self_signed(folder, "other", "127.0.0.2"),
    }


def test_a_certificate_of_our_own_authority_is_trusted(script, certificate):
    script.answer("GET", LIST, 200, page(message()))
    path, authority = certificate["good"]
    with connected(script, tls=path, ca_file=authority) as platform:
        assert len(listed(platform)) == 1


@pytest.mark.parametrize(("served", "trusted"), [("good", None), ("good", "other"), ("other", "other")])
def test_an_unknown_authority_or_a_wrong_host_gets_no_password(script, certificate, served, trusted):
    authority = certificate[trusted][1] if trusted else None
    path = certificate[served][0]
    trusting = connected(script, tls=path, ca_file=authority)
    with trusting as platform, pytest.raises(RetryableError, match="ca_file"):
        listed(platform)
    assert not script.asked


@pytest.mark.parametrize(
    "settings",
    [
        {"base_url": "http://pos.example.org"},
        {"base_url": "ftp://127.0.0.1"},
        {"base_url": "pos.example.org"},
        {"base_url": "https://user:word@pos.example.org"},
        {"base_url": "https://pos.example.org:port"},
        {"base_url": "https://pos.example.org/?a=b"},
        {"client_id": ""},
        {"file_hosts": ("files.example.org/path",)},
        {"file_hosts": ("http://files.example.org",)},
    ],
)
def test_settings_that_cannot_work_are_refused_when_built(script, settings):
    with pytest.raises(ValueError, match=next(iter(settings))), connected(script, **settings):
        pass


def test_a_ca_file_that_is_none_is_named(script, tmp_path):
    path = tmp_path / "ca.pem"
    for content in (None, "no certificate"):
        if content:
            path.write_text(content)
        with pytest.raises(ValueError, match=r"ca\.pem"), connected(script, ca_file=path):
            pass
