"""DMService as a WSGI application: its address, its users, its WSDL, and the faults that befall it."""

import secrets
from collections.abc import Iterable
from typing import TYPE_CHECKING

from lxml import etree
from werkzeug.datastructures import WWWAuthenticate
from werkzeug.wrappers import Request, Response

from stand.dms1c.engine import Engine
from stand.dms1c.xmlform import FaultError, RefusedError, fault, kind_of, read_request, refusal, text, wsdl
from stand.faults import Fault, FaultPlan
from stand.ledger import Ledger
from stand.server import CutError

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

PATH = "/dm/ws/dm.1cws"
USER = "Обмен ПОС"
_ACTION = "http://www.1c.ru/dm#DMService:execute"
_XML = "text/xml; charset=utf-8"
_FAULTS = (
    Fault.SLOW, Fault.ERROR, Fault.CUT_BEFORE, Fault.CUT_AFTER, Fault.GARBAGE, Fault.SOAP_FAULT, Fault.LOCKED,
)  # fmt: skip
_AFTER = frozenset({Fault.CUT_AFTER, Fault.GARBAGE})


class DmApp:
    """Answers DMService's address; everything else is 404."""

    def __init__(self, engine: Engine, faults: FaultPlan, ledger: Ledger, *, user: str = USER) -> None:
        self.user = user
        self.password = secrets.token_urlsafe(12)
        self._engine = engine
        self._faults = faults
        self._ledger = ledger
        self.requests = 0

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Answer one request."""
        return self._answer(Request(environ))(environ, start_response)

    def _answer(self, request: Request) -> Response:
        if request.path != PATH:
            return Response("", 404)
        if not self._is_known(request):
            response = Response("Доступ запрещен", 401, content_type="text/html; charset=utf-8")
            response.www_authenticate = WWWAuthenticate("basic", {"realm": "1C"})
            return response
        if request.method == "GET" and request.query_string.lower() == b"wsdl":
            return Response(wsdl(), content_type=_XML)
        if request.method != "POST" or request.headers.get("SOAPAction", "").strip('"') != _ACTION:
            return Response(fault("Операция не найдена"), 500, content_type=_XML)
        self.requests += 1
        try:
            told = read_request(request.get_data())
        except FaultError as error:
            return Response(fault(str(error)), 500, content_type=_XML)
        return self._with_faults(told)

    def _is_known(self, request: Request) -> bool:
        told = request.authorization
        if told is None or told.type != "basic" or told.username != self.user:
            return False
        return secrets.compare_digest((told.password or "").encode(), self.password.encode())

    def _with_faults(self, told: etree._Element) -> Response:
        call = f"1c {kind_of(told)} {_about(told)}"
        struck = self._faults.pick(call, _FAULTS)
        if struck is not None:
            self._ledger.note("fault", kind=str(struck), call=kind_of(told))
        if struck is Fault.SLOW:
            self._faults.dawdle()
        elif struck is not None and (struck not in _AFTER) and not self._late(struck, call):
            return _broken(struck)
        response = self._executed(told)
        if struck in _AFTER or (struck is not None and self._late(struck, call)):
            return _broken(struck)
        return response

    def _late(self, struck: Fault, call: str) -> bool:
        """A Fault comes as often after the work as before it: it proves nothing."""
        return struck is Fault.SOAP_FAULT and self._faults.chance("late", call) < 0.5

    def _executed(self, told: etree._Element) -> Response:
        try:
            return Response(self._engine.execute(told), content_type=_XML)
        except RefusedError as error:
            return Response(refusal(error), content_type=_XML)


def _broken(struck: Fault) -> Response:
    if struck in (Fault.CUT_BEFORE, Fault.CUT_AFTER):
        raise CutError
    if struck is Fault.ERROR:
        return Response("<html><body>HTTP 500</body></html>", 500, content_type="text/html")
    if struck is Fault.GARBAGE:
        return Response(b'<?xml version="1.0"?><soap:Envelope xmlns:soap="', content_type=_XML)
    if struck is Fault.LOCKED:
        error = RefusedError("Запись объекта", "Конфликт блокировок при выполнении транзакции")
        return Response(refusal(error), content_type=_XML)
    return Response(fault("Недостаточно памяти"), 500, content_type=_XML)


def _about(told: etree._Element) -> str:
    """Return what a request is about, so that each has faults of its own."""
    paths = (
        ("object", "externalObject", "id"),
        ("owner", "objectID", "id"),
        ("owners", "objectID", "id"),
        ("objectIds", "id"),
        ("type",),
    )
    return next((found for path in paths if (found := text(told, *path))), "")
