"""The platform as a WSGI application: addresses to calls, and the faults that befall them."""

import threading
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from werkzeug.exceptions import MethodNotAllowed, NotFound
from werkzeug.wrappers import Request, Response

from config.i18n import _, speaking
from stand.faults import Fault, FaultPlan
from stand.platform.calls import Calls, RefusedError, translate_error
from stand.server import CutError
from stand.words import Cabinet

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

_ANY = (Fault.SLOW, Fault.ERROR, Fault.TOO_MANY, Fault.CUT_BEFORE)
_HTML = "<!DOCTYPE html><html><head><title>Technical works</title></head><body>Try later</body></html>"


class PlatformApp:
    """Answers the platform's addresses; everything else is 404."""

    def __init__(self, calls: Calls, faults: FaultPlan, *, language: str = "ru") -> None:
        self._calls = calls
        self._faults = faults
        self._language = language
        self._failures = 0
        self._refused: set[str] = set()  # calls whose last answer was 401
        self._guard = threading.Lock()

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Answer one request."""
        request = Request(environ)
        with speaking(self._language):
            try:
                response = self._answer(request)
            except CutError:
                raise
            except Exception as error:
                told = translate_error(error)
                if told is None:
                    raise
                response = told
        return response(environ, start_response)

    def _answer(self, request: Request) -> Response:
        path = tuple(part for part in request.path.split("/") if part)
        if path == ("user-service", "oauth", "token"):
            _only(request, "POST")
            return self._with_faults("token", request, None, path)
        try:
            cabinet = self._calls.cabinet(request)
        except RefusedError:
            self._refused.add(_name(request))
            raise
        return self._with_faults(str(cabinet.opa_id), request, cabinet, path)

    def _with_faults(
        self, who: str, request: Request, cabinet: Cabinet | None, path: Sequence[str]
    ) -> Response:
        listing = path == ("appeal-service", "edms")
        fault = self._faults.pick(f"{who} {_name(request)}", self._candidates(request, cabinet))
        if fault:
            self._calls.state.ledger.note("fault", kind=str(fault), call=f"{request.method} /{path[0]}")
            self._before(fault, request)
        if listing and cabinet:
            _only(request, "GET")
            repeat = fault is Fault.DUPLICATE_LISTING
            response = self._calls.page(request, cabinet, repeat=repeat)
        else:
            response = self._dispatch(request, cabinet, path)
        return self._after(fault, response)

    def _candidates(self, request: Request, cabinet: Cabinet | None) -> tuple[Fault, ...]:
        kinds = [*_ANY, Fault.CUT_AFTER]
        again = _name(request) in self._refused
        self._refused.discard(_name(request))
        if cabinet is not None and not again:  # a token that is refused when it is new is no expiry
            kinds.append(Fault.EXPIRED_TOKEN)
        if request.path.endswith("/edms"):
            kinds.append(Fault.DUPLICATE_LISTING)
        file_body = request.method == "GET" and "/filestorage/" in request.path
        if not file_body and not request.path.endswith("/mark-accepted"):  # any bytes; nothing
            kinds.append(Fault.GARBAGE)
        return tuple(kinds)

    def _before(self, fault: Fault, request: Request) -> None:
        if fault is Fault.SLOW:
            self._faults.dawdle()
        elif fault is Fault.CUT_BEFORE:
            raise CutError
        elif fault is Fault.EXPIRED_TOKEN:
            self._refused.add(_name(request))
            self._calls.state.forget(request.headers.get("Authorization", "").partition(" ")[2].strip())
            raise RefusedError(401, _("the token is unknown or has expired"))
        elif fault is Fault.ERROR:
            with self._guard:
                self._failures += 1
                status = (500, 502, 503)[self._failures % 3]
            raise RefusedError(status, _("the service is temporarily unavailable"))
        elif fault is Fault.TOO_MANY:
            raise _TooManyError(self._faults.pains.retry_after)

    def _after(self, fault: Fault | None, response: Response) -> Response:
        if fault is Fault.CUT_AFTER:
            raise CutError(_half(response))
        if fault is Fault.GARBAGE:
            self._failures += 1
            if self._failures % 2:
                return Response(_HTML, 200, content_type="text/html")
            body = response.get_data()
            return Response(body[: len(body) // 2], 200, content_type="application/json")
        return response

    def _dispatch(self, request: Request, cabinet: Cabinet | None, path: Sequence[str]) -> Response:
        calls = self._calls
        if cabinet is None:
            return calls.token(request)
        match path:
            case ("appeal-service", "edms", number):
                _only(request, "POST")
                return calls.reply(request, cabinet, _message_id(number))
            case ("appeal-service", "edms", number, "mark-accepted"):
                _only(request, "POST")
                return calls.accept(cabinet, _message_id(number))
            case ("file-storage-service", "filestorage"):
                _only(request, "POST")
                return calls.upload(request, cabinet)
        _only(request, "GET")
        return self._read(request, cabinet, path)

    def _read(self, request: Request, cabinet: Cabinet, path: Sequence[str]) -> Response:
        calls = self._calls
        match path:
            case ("file-storage-service", "filestorage", file_id):
                return calls.download(cabinet, file_id)
            case ("appeal-service", "external-appeal-system", "appeals", number):
                return calls.history(cabinet, _message_id(number))
            case ("inbox-service", "regions", "all"):
                return calls.regions()
            case ("inbox-service", "subjects", "region", number):
                return calls.subjects(request, _message_id(number))
            case ("inbox-service", "subsubjects", "search"):
                return calls.subsubjects(request)
        raise NotFound


class _TooManyError(RefusedError):
    def __init__(self, seconds: int) -> None:
        super().__init__(429, _("too many requests"))
        self._seconds = seconds

    def response(self) -> Response:
        response = super().response()
        response.headers["Retry-After"] = str(self._seconds)
        return response


def _name(request: Request) -> str:
    return f"{request.method} {request.path}"


def _half(response: Response) -> bytes:
    """Return the head and half of the body, when there is a body: a download that breaks in the middle."""
    body = response.get_data()
    if len(body) < 2:
        return b""
    head = f"HTTP/1.1 {response.status}\r\nContent-Type: {response.content_type}\r\n"
    disposition = response.headers.get("Content-Disposition")
    if disposition:
        head += f"Content-Disposition: {disposition}\r\n"
    return f"{head}Content-Length: {len(body)}\r\n\r\n".encode("latin-1") + body[: len(body) // 2]


def _only(request: Request, method: str) -> None:
    if request.method != method:
        raise MethodNotAllowed([method])


def _message_id(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise NotFound
    return int(text)
