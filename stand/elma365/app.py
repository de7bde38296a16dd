"""The public API of ELMA365 as a WSGI application, as far as public clients tell how it behaves (sed.md 5).

A refusal is HTTP 400 or 404 with `{"success": false, "error": …}`, a wrong token 403. Links of files lead to
another address of the same server and want no token, as links to a store of files do.
"""

import json
import re
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from werkzeug.wrappers import Request, Response

from stand.elma365.model import DIRECTORY, NAMESPACE, STATUSES
from stand.elma365.query import listed
from stand.elma365.store import RefusedError, Store, is_uuid
from stand.http_faults import HttpFaults

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

BASE, LINKS = "/pub/v1/", "/s3elma365/"
_RANGE = re.compile(r"bytes (\d+)-(\d+)/(\d+)")
_MAX_BODY = 64 << 20  # bytes of one request


class ElmaApp:
    """Answers `/pub/v1/…`. `hear` is told the app and the id of a row after each write."""

    def __init__(
        self, store: Store, faults: HttpFaults, *, token: str, hear: Callable[[str, str], None]
    ) -> None:
        self._store = store
        self._faults = faults
        self._token = token
        self._hear = hear
        self._uploads: dict[str, bytes] = {}  # mark → what came so far

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Answer one request."""
        request = Request(environ)
        request.max_content_length = _MAX_BODY
        try:
            fault, instead = self._faults.strike(request)
            response = instead or self._faults.spoil(fault, self._answer(request))
        except RefusedError as refused:
            response = _json({"success": False, "error": str(refused)}, refused.status)
        finally:
            request.close()  # uploads are spooled
        return response(environ, start_response)

    def _answer(self, request: Request) -> Response:
        if request.path.startswith(LINKS):
            return self._linked(request)
        told = request.headers.get("Authorization", "").removeprefix("Bearer ") or request.headers.get(
            "X-Token"
        )
        if told != self._token:
            raise RefusedError(403, "authentication failed")
        parts = request.path.removeprefix(BASE).strip("/").split("/")
        if not request.path.startswith(BASE) or parts[0] not in ("app", "disk"):
            raise RefusedError(404, "no such address")
        return self._app(request, parts[1:]) if parts[0] == "app" else self._disk(request, parts[1:])

    # ---- apps

    def _app(self, request: Request, parts: list[str]) -> Response:
        namespace, app, *rest = [*parts, "", ""][: max(len(parts), 2)]
        if namespace != NAMESPACE:
            raise RefusedError(404, f"namespace {namespace} not found")
        if request.method == "GET" and rest == ["settings", "status"]:
            return _statuses()
        if request.method != "POST":
            raise RefusedError(405, "the method is not allowed here")
        told = _told(request)
        match rest:
            case ["list"]:
                with self._store.lock:
                    return _json(
                        {"success": True, "error": "", "result": listed(self._store.rows(app), told)}
                    )
            case ["create"]:
                row = self._store.create(app, _context(told))
            case [number, "update"]:
                row = self._store.update(app, number, _context(told))
            case [number, "get"]:
                return _item(self._store.row(app, number))
            case _:
                raise RefusedError(404, "no such address")
        self._hear(app, row["__id"])
        return _item(row)

    # ---- files

    def _disk(self, request: Request, parts: list[str]) -> Response:
        match request.method, parts:
            case "GET", ["directory", number]:
                if number != DIRECTORY:
                    raise RefusedError(404, "directory not found")
                return _json({"success": True, "error": "", "directory": {"__id": number, "__name": "ПОС"}})
            case "POST", ["directory", number, "upload"] if number == DIRECTORY:
                return self._upload(request)
            case "GET", ["file", number]:
                name, content = self._file(number)
                file = {"__id": number, "__name": name, "originalName": name, "size": len(content)}
                return _json({"success": True, "error": "", "file": file})
            case (("GET" | "POST"), ["file", number, "get-link"]):
                self._file(number)
                link = f"{request.host_url.rstrip('/')}{LINKS}{number}?signature=stand"
                return _json({"success": True, "error": "", "Link": link})
        raise RefusedError(404, "no such address")

    def _file(self, number: str) -> tuple[str, bytes]:
        if number not in self._store.files:
            raise RefusedError(404, "file not found")
        return self._store.files[number]

    def _upload(self, request: Request) -> Response:
        """Take a part of a file; the last one makes it a file."""
        mark, upload = request.args.get("hash", ""), request.files.get("file")
        told = _RANGE.fullmatch(request.headers.get("Content-Range", ""))
        if not is_uuid(mark) or upload is None or not told:
            raise RefusedError(400, "hash, Content-Range and file are expected")
        start, end, size = map(int, told.groups())
        content = upload.read()
        with self._store.lock:
            so_far = self._uploads.get(mark, b"")
            if start != len(so_far) or end - start != len(content) or end > size:
                raise RefusedError(400, "Content-Range does not fit what came")
            self._uploads[mark] = so_far + content
            if end < size:
                return _json({"success": True, "error": ""})
            number = self._store.keep(upload.filename or "file", self._uploads.pop(mark))
        return _json({"success": True, "error": "", "file": {"__id": number, "__name": upload.filename}})

    def _linked(self, request: Request) -> Response:
        if "Authorization" in request.headers or "X-Token" in request.headers:
            raise RefusedError(400, "a store of files wants one way of authorization only")
        if request.args.get("signature") != "stand":
            raise RefusedError(403, "the signature does not match")
        _name, content = self._file(request.path.removeprefix(LINKS))
        return Response(content, content_type="application/octet-stream")


def _statuses() -> Response:
    items = [{"id": number, "code": code, "name": name} for number, (code, name) in STATUSES.items()]
    return _json({"success": True, "error": "", "statusItems": items, "groupItems": []})


def _item(row: dict[str, Any]) -> Response:
    return _json({"success": True, "error": "", "item": row})


def _told(request: Request) -> dict[str, Any]:
    if request.mimetype != "application/json":
        raise RefusedError(400, "JSON is expected")
    try:
        told = json.loads(request.get_data())
    except ValueError as error:
        raise RefusedError(400, "the body is not JSON") from error
    if not isinstance(told, dict):
        raise RefusedError(400, "the body is not an object")
    return told


def _context(told: dict[str, Any]) -> dict[str, Any]:
    context = told.get("context")
    if set(told) - {"context", "withEventForceCreate", "statusGroupId"} or not isinstance(context, dict):
        raise RefusedError(400, "context is expected")
    return context


def _json(told: object, status: int = 200) -> Response:
    return Response(json.dumps(told, ensure_ascii=False), status, content_type="application/json")
