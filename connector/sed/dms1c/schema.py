"""The types of DMService for zeep: the server's own WSDL where it answers `?wsdl`, else our minimal one.

What zeep does wrong for this service is put right here (sed.md section 3): a value declared as
anySimpleType would lose its xsi:type, so it is declared as anyType, and `simple` wraps it in AnyObject.
Answers are not read by zeep: it unwraps those with one field, and knows only what a WSDL declares.
"""

import io
import threading
from collections.abc import Callable, Sequence
from datetime import date, datetime
from importlib.resources import files
from typing import Any, NoReturn

import zeep
from lxml import etree
from zeep import xsd
from zeep.exceptions import Error as ZeepError
from zeep.wsdl.bindings import Soap11Binding

from config.i18n import _
from connector.errors import ConnectorError, PermanentError
from connector.sed.dms1c.failures import Call

NS = "http://www.1c.ru/dm"
XS = "http://www.w3.org/2001/XMLSchema"
XSI = "http://www.w3.org/2001/XMLSchema-instance"
# Types that a server's WSDL must have to be of use.
_NEEDED = (
    "DMAdditionalProperty", "DMAddFileRequest", "DMCreateRequest", "DMFile", "DMGetFileListByOwnerRequest",
    "DMGetNewObjectRequest", "DMGetObjectListRequest", "DMIncomingDocument", "DMObject", "DMObjectID",
    "DMRetrieveRequest", "DMUpdateRequest",
)  # fmt: skip
# Types whose names nobody has published: they are found by the fields that hold them.
QUERY = ("DMGetObjectListRequest", "query")
CONDITION = (*QUERY, "conditions")
EXTERNAL = ("DMObject", "externalObject")
_ANY_VALUES = (("DMAdditionalProperty", "propertySimpleValue"), (*CONDITION, "value"))
_GIVES_NONE = frozenset({"status", "garbage"})  # what a server says that has no WSDL to give
# What zeep dies of where a WSDL lacks an attribute, names a type that is not there, turns in a ring.
_ZEEPS = (
    ZeepError,
    LookupError,
    ValueError,
    etree.LxmlError,
    AttributeError,
    AssertionError,
    TypeError,
    RecursionError,
)


class Schema:
    """The service as zeep knows it. Loaded at the first use, once for all threads."""

    def __init__(self, choice: str, url: str, fetch: Callable[[str, Call], bytes]) -> None:
        self._choice = choice
        self._url = url
        self._fetch = fetch
        self._lock = threading.Lock()
        self._client: zeep.Client | None = None
        self._service: Any = None
        self.is_servers = False
        self.why_own = ""  # why the server's WSDL is not used, for the operator

    def message(self, request: Any) -> etree._Element:  # noqa: ANN401 - zeep's own values
        """Return the envelope of `execute(request)`. Raises PermanentError for what the types refuse."""
        client = self._loaded()
        try:
            envelope: etree._Element = client.create_message(self._service, "execute", request=request)
        except (ZeepError, TypeError, ValueError) as error:
            _refuse(error)
        return envelope

    def make(self, name: str, /, **fields: Any) -> Any:  # noqa: ANN401 - zeep's own values
        """Return a value of a type of the service; fields that are None are left out."""
        given = {field: value for field, value in fields.items() if value is not None}
        try:
            return self._loaded().get_type(f"{{{NS}}}{name}")(**given)
        except (ZeepError, TypeError, LookupError, ValueError) as error:
            _refuse(error)

    def part(self, path: Sequence[str], /, **fields: Any) -> Any:  # noqa: ANN401 - zeep's own values
        """Return a value of the type of a field: of a named type, then of its field, and so on."""
        try:
            return _element(self._loaded(), path).type(**fields)
        except (ZeepError, TypeError, LookupError, ValueError) as error:
            _refuse(error)

    def simple(self, value: str | bool | int | date) -> Any:  # noqa: ANN401 - zeep's own values
        """Return a simple value that keeps its xsi:type on the wire; dates go as dateTime, as in 1С."""
        if isinstance(value, bool):
            return xsd.AnyObject(xsd.Boolean(), value)
        if isinstance(value, int):
            return xsd.AnyObject(xsd.Decimal(), value)
        if isinstance(value, datetime):
            return xsd.AnyObject(xsd.DateTime(), value.replace(tzinfo=None))
        if isinstance(value, date):
            return xsd.AnyObject(xsd.DateTime(), datetime(value.year, value.month, value.day))  # noqa: DTZ001 - a day of the SED's
        return xsd.AnyObject(xsd.String(), value)

    def typed(self, value: Any) -> Any:  # noqa: ANN401 - zeep's own values
        """Return a value of the service where any type may stand: it keeps its xsi:type."""
        return xsd.AnyObject(value._xsd_type, value)  # noqa: SLF001 - zeep's values tell their type no other way

    def _loaded(self) -> zeep.Client:
        with self._lock:
            if self._client is None:
                self._client = self._choose()
                self._service = self._client.create_service(_binding(self._client), self._url)
            return self._client

    def _choose(self) -> zeep.Client:
        own = files(__package__).joinpath("dm.wsdl").read_bytes()
        if self._choice == "own":
            return _read(own, self._fetch)
        try:
            client = _read(self._fetch(f"{self._url}?wsdl", Call(_("the service's WSDL"))), self._fetch)
        except (ConnectorError, *_ZEEPS) as error:
            away = isinstance(error, ConnectorError) and error.code not in _GIVES_NONE
            if self._choice == "server" and not isinstance(error, ConnectorError):
                _refuse(error)
            if self._choice == "server" or away:
                raise
            self.why_own = error.sentence if isinstance(error, ConnectorError) else type(error).__name__
            return _read(own, self._fetch)
        self.is_servers = True
        return client


def _read(wsdl: bytes, fetch: Callable[[str, Call], bytes]) -> zeep.Client:
    """Return a client of a WSDL that loads nothing but by `fetch`. DTD and entities are forbidden."""

    class Transport(zeep.Transport):
        def __init__(self) -> None:
            super().__init__()  # type: ignore[no-untyped-call]  # zeep is typed in part

        def load(self, url: str) -> bytes:
            return fetch(url, Call(_("the service's WSDL")))

    settings = zeep.Settings(strict=False, forbid_dtd=True, forbid_entities=True, forbid_external=True)
    transport = Transport()
    client = zeep.Client(io.BytesIO(wsdl), transport=transport, settings=settings)
    _mend(client)
    return client


def _mend(client: zeep.Client) -> None:
    """Check that the types that we write are there, and let simple values keep their types."""
    for name in _NEEDED:
        client.get_type(f"{{{NS}}}{name}")
    _element(client, EXTERNAL)
    _binding(client)
    for path in _ANY_VALUES:
        _element(client, path).type = xsd.AnyType()


def _element(client: zeep.Client, path: Sequence[str]) -> Any:  # noqa: ANN401 - zeep's own values
    """Return the element at a path of fields below a named type. Raises LookupError."""
    holder, *rest = path
    found: Any = None
    kind: Any = client.get_type(f"{{{NS}}}{holder}")
    for name in rest:
        found = next((element for known, element in kind.elements if known == name), None)
        if found is None:
            raise LookupError(name)
        kind = found.type
    return found


def _binding(client: zeep.Client) -> str:
    """Return the name of the binding of SOAP 1.1: 1С publishes one of 1.2 beside it. Raises LookupError."""
    for name, binding in client.wsdl.bindings.items():
        if type(binding) is Soap11Binding:
            return str(name)
    raise LookupError("SOAP 1.1")


def _refuse(error: Exception) -> NoReturn:
    """Turn what zeep says into an error of the item, without the values that zeep repeats."""
    sentence = _(
        'the service\'s WSDL does not take a request of ours ({why}); set wsdl = "own" and tell us'
    ).format(why=type(error).__name__)
    raise PermanentError(sentence, code="wsdl") from error
