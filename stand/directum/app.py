"""The Integration Service as a WSGI application: as strict as the real one (sed.md 4)."""

import base64
import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from werkzeug.wrappers import Request, Response

from stand.directum.model import INSIDE, SETS, Type, csdl
from stand.directum.query import Query, QueryError, read_query
from stand.directum.store import RefusedError, Row, Store
from stand.http_faults import HttpFaults

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

BASE = "/Integration/odata/"
PAGE = 1000  # rows at most, whatever $top says
_PART = re.compile(r"(\w+)(?:\((\d+)\))?")
_MAX_BODY = 512 << 20  # bytes
Part = tuple[str, int | None]


class DirectumApp:
    """Answers OData. `hear` is told the id of a request card after each write that was carried out."""

    def __init__(
        self, store: Store, faults: HttpFaults, *, user: str, password: str, hear: Callable[[int], None],
        nested_expand: bool = True,
    ) -> None:  # fmt: skip
        self._store = store
        self._faults = faults
        self._account = (user, password)
        self._hear = hear
        self._nested = nested_expand

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Answer one request."""
        request = Request(environ)
        request.max_content_length = _MAX_BODY
        try:
            self._allow(request)
            fault, instead = self._faults.strike(request)
            response = instead or self._faults.spoil(fault, self._answer(request))
        except RefusedError as refused:
            response = _complaint(refused.status, str(refused))
        except QueryError as error:
            response = _complaint(400, str(error))
        return response(environ, start_response)

    def _allow(self, request: Request) -> None:
        told = request.authorization
        if told is None or (told.username, told.password) != self._account:
            raise RefusedError(401, "Unauthorized")

    def _answer(self, request: Request) -> Response:
        if not request.path.startswith(BASE):
            raise RefusedError(404, "No such address")
        path = request.path.removeprefix(BASE).rstrip("/")
        accepted = request.headers.get("Accept", "")
        if path == "$metadata" and request.method == "GET":
            return Response(csdl(), content_type="application/xml")
        if "application/json" not in accepted and "*/*" not in accepted:
            raise RefusedError(406, "Accept: application/json is expected")
        parts = [self._part(part) for part in path.split("/")]
        name, number = parts[0]
        if name not in SETS:
            raise RefusedError(404, f"Resource not found for the segment '{name}'")
        if request.method == "GET":
            return self._read(request, name, number, parts[1:])
        response = self._write(request, name, number, parts[1:])
        if request.method == "PATCH" and name == "IRequests" and number is not None and not parts[1:]:
            self._hear(number)
        return response

    @staticmethod
    def _part(text: str) -> Part:
        match = _PART.fullmatch(text)
        if not match:
            raise RefusedError(404, f"Resource not found for the segment '{text}'")
        return match[1], int(match[2]) if match[2] else None

    # ---- reading

    def _read(self, request: Request, name: str, number: int | None, rest: Sequence[Part]) -> Response:
        if number is None:
            return self._list(request, name)
        if not rest:
            query = read_query(_query_string(request), "", SETS[name], nested=self._nested)
            return _json(self._shown(self._store.row(name, number), SETS[name], query))
        match rest:
            case [("Versions", int(version)), ("Body", None)]:
                self._store.inside(name, number, "Versions", version)
                return _body(self._store.body(version))
            case [(part, None)] if part in SETS[name].inside:
                kind = INSIDE[SETS[name].inside[part]]
                query = read_query(_query_string(request), part, kind, nested=self._nested)
                rows = [one for one in self._store.row(name, number)[part] if query.test(one)]
                return _json({"value": [self._inner(one, kind, query.expand) for one in rows]})
        raise RefusedError(404, "Resource not found")

    def _list(self, request: Request, name: str) -> Response:
        kind = SETS[name]
        query = read_query(_query_string(request), name, kind, nested=self._nested)
        found = []
        with self._store.lock:
            for row in self._store.rows(name):
                if query.test(self._resolved(row, kind)):
                    found.append(self._shown(row, kind, query))
                if len(found) >= min(query.top or PAGE, PAGE):
                    break
        return _json({"@odata.context": f"{BASE}$metadata#{name}", "value": found})

    def _resolved(self, row: Row, kind: Type) -> Mapping[str, Any]:
        return {**row, **{nav: self._store.target(to, row[nav] or 0) for nav, to in kind.single.items()}}

    def _shown(self, row: Row, kind: Type, query: Query) -> dict[str, Any]:
        names = query.select or tuple(kind.properties)
        found = {name: row[name] for name in ("Id", *names)}
        for nav, inner in query.expand.items():
            if nav in kind.single:
                found[nav] = self._plain(self._store.target(kind.single[nav], row[nav] or 0))
            else:
                found[nav] = [self._inner(one, INSIDE[kind.inside[nav]], inner) for one in row[nav]]
        return found

    def _inner(self, row: Row, kind: Type, expand: Iterable[str]) -> dict[str, Any]:
        found = {name: row[name] for name in kind.properties}
        for nav in expand:
            if nav not in kind.single:
                raise QueryError(f"Could not find a navigation named '{nav}' on type '{kind.name}'")
            found[nav] = self._plain(self._store.target(kind.single[nav], row[nav] or 0))
        return found

    @staticmethod
    def _plain(row: Row | None) -> dict[str, Any] | None:
        """Return the own properties of a row that a navigation leads to."""
        if row is None:
            return None
        links = {nav for kind in SETS.values() for nav in (*kind.single, *kind.inside)}
        return {name: value for name, value in row.items() if name not in links}

    # ---- writing

    def _write(self, request: Request, name: str, number: int | None, rest: Sequence[Part]) -> Response:
        if request.method == "DELETE" and number is not None and not rest:
            self._store.delete(name, number)
            return Response(status=204)
        told = _told(request)
        match request.method, number, list(rest):
            case "POST", None, []:
                return self._made(request, self._store.create(name, told), SETS[name], f"{name}")
            case "PATCH", int(row), []:
                self._store.change(name, row, told)
                return Response(status=204)
            case "POST", int(row), [(part, None)] if part in SETS[name].inside:
                made = self._store.create_inside(name, row, part, told)
                kind = INSIDE[SETS[name].inside[part]]
                return self._made(request, made, kind, f"{name}({number})/{part}")
            case "PATCH", int(row), [(part, int(inner))] if part in SETS[name].inside:
                self._store.change_inside(name, row, part, inner, told)
                return Response(status=204)
            case "POST", int(row), [("Versions", int(version)), ("Body", None)]:
                self._store.put_body(name, row, version, told)
                return Response(status=204)
        raise RefusedError(405, "The method is not allowed here")

    @staticmethod
    def _made(request: Request, row: Row, kind: Type, path: str) -> Response:
        minimal = request.headers.get("Return", "").lower() == "minimal"
        names = ("Id",) if minimal else tuple(kind.properties)
        response = _json({name: row[name] for name in names}, 201)
        response.headers["Location"] = f"{request.host_url.rstrip('/')}{BASE}{path}({row['Id']})"
        return response


def _query_string(request: Request) -> str:
    return request.query_string.decode("ascii", errors="replace")


def _told(request: Request) -> dict[str, Any]:
    if request.mimetype != "application/json":
        raise RefusedError(415, "Content-Type: application/json is expected")
    try:
        told = json.loads(request.get_data())
    except ValueError as error:
        raise RefusedError(400, "The body is not JSON") from error
    if not isinstance(told, dict):
        raise RefusedError(400, "The body is not an object")
    return told


def _body(content: bytes | None) -> Response:
    if content is None:
        return _json({"Value": None})
    text = base64.b64encode(content).decode().replace("+", "\\u002B")  # as .NET's serializer escapes it
    context = f'{{"@odata.context":"{BASE}$metadata#Bodies","Value":"{text}"}}'
    return Response(context, content_type="application/json")


def _json(value: object, status: int = 200) -> Response:
    return Response(
        json.dumps(value, ensure_ascii=False), status, content_type="application/json; odata.metadata=minimal"
    )


def _complaint(status: int, text: str) -> Response:
    response = _json({"error": {"code": "", "message": text}}, status)
    if status == 401:
        response.headers["WWW-Authenticate"] = 'Basic realm="Integration"'
    return response
