"""Addresses that others write never lead our requests, or our passwords, to another place than the peer's."""

import httpx
import pytest

from config.secret import Secret
from connector.errors import ConnectorError, PermanentError
from connector.sed.elma365 import ElmaSed, ElmaSettings
from connector.sed.http import Address, Call, SedHttp
from exporter.marts.datamart.client import Access, Client
from tests.certificates import self_signed
from tests.connector.platform.loopback import Script, connected, fetched, serving

ELSEWHERE = [
    "http://127.0.0.1:{port}/x",
    "http://localhost:{port}/x",
    "http://[::1]:{port}/x",
    "http://0.0.0.0:{port}/x",
    "http://2130706433:{port}/x",
    "http://0x7f000001:{port}/x",
    "http://127.1:{port}/x",
    "http://0177.0.0.1:{port}/x",
    "http://[::ffff:127.0.0.1]:{port}/x",
    "http://localtest.me:{port}/x",
    "http://127.0.0.1.nip.io:{port}/x",
    "http://169.254.169.254/latest/meta-data/",
    "http://10.0.0.1/x",
    "http://[fe80::1]/x",
    "{base}@127.0.0.1:{port}/x",
    "{base}\\@127.0.0.1:{port}/x",
    "{base}.example.org/x",
    "{base}%2f@127.0.0.1:{port}/x",
    "http://user:password@{host}/x",
    "https://{host}/x",
    "ftp://{host}/x",
    "file:///etc/passwd",
    "file://{host}/etc/passwd",
    "gopher://{host}/x",
    "http:///x",
    "http://",
    "HTTP://{host}:1/x",
    "http://{host}\t.example.org/x",
    "http://{host}\n/x",
    "javascript://{host}/x",
]


@pytest.fixture
def inner():
    """A service of this machine that must hear nothing."""
    script = Script()
    script.answer("GET", "/", 200, b"inner secret")
    with serving(script) as url:
        yield url, script


def spelled(template, base, port):
    return template.format(base=base, host=base.removeprefix("http://"), port=port)


def test_an_attachment_elsewhere_is_refused_without_a_request(inner):
    inner_url, heard = inner
    port = inner_url.rpartition(":")[2]
    script = Script()
    with connected(script) as platform:
        for template in ELSEWHERE:
            with pytest.raises(PermanentError, match=r"not on the platform's host|malformed"):
                fetched(platform, spelled(template, platform._base_url, port))
    assert heard.asked == []
    assert not [path for method, path, _headers, _body in script.asked if method == "GET"]


def test_a_redirect_elsewhere_is_not_followed(inner):
    inner_url, heard = inner
    port = inner_url.rpartition(":")[2]
    targets = [one for one in ELSEWHERE if "\n" not in one and "\t" not in one]
    script = Script()
    with connected(script) as platform:
        for number, template in enumerate(targets):
            place = spelled(template, platform._base_url, port)
            script.answer("GET", f"/file/{number}/", 302, b"", {"Location": place})
            with pytest.raises(ConnectorError):
                fetched(platform, f"/file/{number}/")
    assert heard.asked == []


def test_a_path_like_a_host_stays_on_the_platform(inner):
    script = Script()
    script.answer("GET", "/", 200, b"mine")
    with connected(script) as platform:
        for path in ("//evil.example.org/x", "///evil.example.org/x"):
            assert fetched(platform, path)[0] == b"mine"
    _token, *files = script.asked
    assert all(headers["Host"] == platform._base_url.removeprefix("http://") for _m, _p, headers, _b in files)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_sed_or_a_mart_that_sends_elsewhere_is_not_followed(inner, status):
    inner_url, heard = inner
    script = Script()
    for method in ("GET", "POST"):
        script.answer(method, "/", status, b"", {"Location": f"{inner_url}/x"})
    with serving(script) as url:
        sed = SedHttp(Address(url), httpx.BasicAuth("user", "password"))
        mart = Client(Access(url=url, datamart="demo", attempts=1))
        with pytest.raises(ConnectorError, match=f"HTTP {status}"):
            sed.exchange(Call("POST", "list", "the list"))
        with pytest.raises(ConnectorError, match=f"HTTP {status}"):
            mart.status("00000000-0000-4000-8000-000000000000")
        sed.close()
        mart.close()
    assert heard.asked == []


def test_a_link_of_a_sed_does_not_lead_to_services_of_this_machine(inner, tmp_path):
    inner_url, heard = inner
    file = "00000000-0000-4000-8000-000000000000"
    good, authority = self_signed(tmp_path, "good", "127.0.0.1")
    script = Script()
    script.answer("GET", "/pub/v1/disk/file/", 200, {"file": {"__name": "a.txt"}})
    with serving(script, tls=good) as url:
        settings = ElmaSettings(
            url=url, token=Secret("t"), namespace="n", app="a", directory=file, ca_file=authority
        )
        sed = ElmaSed(settings)
        for link, words in ((f"{inner_url}/x", "plain http"), ("http://[", "without a link")):
            script.answer("POST", "/pub/v1/disk/file/", 200, {"success": True, "Link": link})
            with pytest.raises(ConnectorError, match=words), sed.open_file(file):
                pytest.fail("it opened something")
        sed.close()
    assert heard.asked == []
