"""The wire to one DMService: HTTP with credentials, verified TLS, bounds of time and size. Knows no requests.

One session serves all threads: it keeps no cookies and nothing in it changes once it is built.
"""

import http.cookiejar
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http import HTTPStatus
from importlib.metadata import version
from typing import BinaryIO, cast
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from requests.auth import AuthBase, HTTPBasicAuth

from config.i18n import _
from connector.masking import protect
from connector.pace import Pace
from connector.sed.dms1c.failures import Call, from_status, from_transport, garbage, too_long
from connector.sed.dms1c.settings import Dms1cSettings
from connector.transport import retry_after, take_last_look

SOAP_ACTION = '"http://www.1c.ru/dm#DMService:execute"'
_CHUNK = 1 << 16
_CONNECTIONS = 16


class Wire:
    """Sends envelopes and yields answers' bytes. Thread-safe; opens no connection until used."""

    def __init__(self, settings: Dms1cSettings) -> None:
        self._settings = settings
        self._auth = _credentials(settings)
        self._pace = Pace(settings.calls_per_second)
        protect(settings.password)
        self._session = requests.Session()
        self._session.trust_env = urlsplit(settings.url).scheme == "https"  # plain http is loopback: no proxy
        self._session.cookies.set_policy(http.cookiejar.DefaultCookiePolicy(allowed_domains=[]))
        self._session.headers["User-Agent"] = f"sedlink/{version('sedlink')}"
        for scheme in ("http://", "https://"):
            self._session.mount(scheme, HTTPAdapter(pool_maxsize=_CONNECTIONS, max_retries=0))

    def close(self) -> None:
        """Let go of the connections."""
        self._session.close()

    @contextmanager
    def post(self, body: BinaryIO, call: Call, most: int) -> Iterator[tuple[bool, Iterator[bytes]]]:
        """Send an envelope; yield whether HTTP calls it a success, and the answer's bytes.

        An unsuccessful answer that is no XML is an error of its own: a Fault comes in HTTP 500 as XML.
        `most` bounds the answer in bytes.
        """
        headers = {"Content-Type": "text/xml; charset=utf-8", "SOAPAction": SOAP_ACTION, "Accept": "text/xml"}
        with self._open("POST", self._settings.url, call, headers, body) as response:
            kind = response.headers.get("Content-Type", "")
            if not response.ok and (
                "xml" not in kind or response.status_code in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)
            ):
                raise from_status(
                    response.status_code,
                    call,
                    retry_after(response.headers.get("Retry-After", ""), datetime.now(UTC)),
                )
            if response.is_redirect:
                raise from_status(response.status_code, call, None)
            yield response.ok, self._chunks(response, call, most)

    def get(self, url: str, call: Call) -> bytes:
        """Return a document of the service's own host: its WSDL and what that imports."""
        if urlsplit(url)[:2] != urlsplit(self._settings.url)[:2]:
            raise garbage(call, _("a reference to another host ({host})").format(host=urlsplit(url).netloc))
        with self._open("GET", url, call, {"Accept": "text/xml"}, None) as response:
            if not response.ok or response.is_redirect:
                raise from_status(
                    response.status_code,
                    call,
                    retry_after(response.headers.get("Retry-After", ""), datetime.now(UTC)),
                )
            return b"".join(self._chunks(response, call, self._settings.max_answer))

    @contextmanager
    def _open(
        self, method: str, url: str, call: Call, headers: dict[str, str], body: BinaryIO | None
    ) -> Iterator[requests.Response]:
        settings = self._settings
        verify = str(settings.ca_file) if settings.ca_file else True  # here: an environment cannot lower it
        # NTLM sends the body up to three times and forgets to rewind it: there it is bytes
        data = body.read() if body is not None and settings.auth == "ntlm" else body
        self._pace.wait()
        take_last_look()
        try:
            response = self._session.request(
                method, url, data=data, headers=headers, auth=self._auth, verify=verify, stream=True,
                timeout=(settings.connect_timeout, settings.read_timeout), allow_redirects=False,
            )  # fmt: skip
        except requests.RequestException as error:
            raise from_transport(error, call) from error
        except PermissionError as error:  # what requests-ntlm says of a server that wants no NTLM
            raise from_status(HTTPStatus.UNAUTHORIZED, call, None) from error
        with response:
            yield response

    def _chunks(self, response: requests.Response, call: Call, most: int) -> Iterator[bytes]:
        """Yield the body. A peer that drips one byte at a time meets the bound of the whole exchange."""
        until, size = time.monotonic() + self._settings.file_timeout, 0
        try:
            for chunk in response.iter_content(_CHUNK):
                size += len(chunk)
                if size > most:
                    raise too_long(call, most)
                yield chunk
                if time.monotonic() > until:
                    raise requests.ReadTimeout("the whole answer took too long")
        except requests.RequestException as error:
            raise from_transport(error, call) from error


def _credentials(settings: Dms1cSettings) -> AuthBase:
    if settings.auth == "ntlm":
        try:
            from requests_ntlm import HttpNtlmAuth
        except ImportError as error:
            raise ValueError(_("auth: NTLM needs the extra `ntlm`: pip install sedlink[ntlm]")) from error
        make = cast("Callable[[str, str], AuthBase]", HttpNtlmAuth)
        return make(settings.user, settings.reveal())
    # bytes: names of 1С's users are Cyrillic, and text would be sent in Latin-1
    return HTTPBasicAuth(settings.user.encode(), settings.reveal().encode())
