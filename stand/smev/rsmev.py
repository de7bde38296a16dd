"""РСМЭВ: a regional bus over REST at `/api/smev/{entrypoint}/…` on the same queues (smev.md section 5).

`entrypoint` is the system's mnemonic; the header `node_id` is NodeID. Files go by FTP: the sender puts them
into the store under a new uuid and names them by url. Not public, so this project's own: the body of
`sendrequest` `{"messageId", "xml": base64 of the business element, "files": [{"name", "url":
"ftp://…/{uuid}/{name}", "signaturePKCS7"}], "eol", "testMessage"}`, of which messageId is not heeded: a
repeat is a new request; `xml` of an answer without content is the bus's own signed GetResponseResponse (1.2);
what is not confirmed comes again after the bus's 15 minutes; errors are `{"code", "message"}` with 400, or
503 for what passes.
"""

import base64
import binascii
import json
from typing import Any
from urllib.parse import quote, unquote, urlsplit

from werkzeug.wrappers import Request, Response

from stand.bodies import read_body
from stand.faults import Fault
from stand.smev.ftp import FtpFace
from stand.smev.mailroom import Given, Mailroom
from stand.smev.parcels import Parcel, System
from stand.smev.reading import moment
from stand.smev.refusal import BusFault
from stand.smev.trees import NotXmlError, parse
from stand.smev.trouble import AFTER, BEFORE, Troubles
from stand.smev.writing import Writer, octets

MAX_BODY = 16 * 1024 * 1024
_TRANSIENT = frozenset({"SMEVFailure", "DestinationOverflow"})


class _RefusedError(Exception):
    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status, self.code = status, code


class _EmptyError(_RefusedError):
    def __init__(self) -> None:
        super().__init__(404, "EMPTY", "nothing waits")


class RsmevFace:
    """Answers the regional bus's calls."""

    def __init__(self, mailroom: Mailroom, troubles: Troubles, ftp: FtpFace) -> None:
        self._mailroom = mailroom
        self._troubles = troubles
        self._ftp = ftp

    def answer(self, request: Request, entrypoint: str, path: list[str]) -> Response:
        """Answer a request. Raises CutError."""
        try:
            return self._call(request, self._system(request, entrypoint), path)
        except _RefusedError as error:
            return _json({"code": error.code, "message": str(error)}, error.status)
        except BusFault as fault:
            status = 503 if fault.name in _TRANSIENT else 400
            return _json({"code": fault.name, "message": fault.reason}, status)

    def _system(self, request: Request, entrypoint: str) -> System:
        if request.method != "POST":
            raise _RefusedError(405, "METHOD", "POST only")
        system = self._mailroom.system(entrypoint)
        if system is None:
            raise _RefusedError(404, "ENTRYPOINT", f"no entry point {entrypoint}")
        return system

    def _call(self, request: Request, system: System, path: list[str]) -> Response:
        name = path[0] if path else ""
        candidates = [*BEFORE, *AFTER, Fault.SMEV_FAILURE]
        if name == "sendrequest":
            candidates.append(Fault.LATE_REJECTION)
        if name == "confirmprocessing":
            candidates.append(Fault.REDELIVERED)
        operation = f"rsmev {name}"
        trouble = self._troubles.pick(operation, f"{system.mnemonic} {'/'.join(path[1:])}", candidates)
        broken = self._troubles.before(trouble)
        if broken is not None:
            return broken
        try:
            done = self._do(request, system, path, trouble)
        except _EmptyError:
            self._troubles.nothing_to_spoil(operation, trouble)
            raise
        return self._troubles.after(trouble, done)

    def _do(self, request: Request, system: System, path: list[str], trouble: str) -> Response:
        match path:
            case ["sendrequest"]:
                return self._send(request, system, later=trouble == Fault.LATE_REJECTION)
            case ["getresponse"]:
                return self._get(request, system)
            case ["confirmprocessing", request_id]:
                return self._confirm(system, request_id, again=trouble == Fault.REDELIVERED)
        raise _RefusedError(404, "PATH", "no such address")

    def _send(self, request: Request, system: System, *, later: bool) -> Response:
        body = _body(request)
        content = _decoded(body.get("xml"), "xml")
        try:
            parse(content)
        except NotXmlError as error:
            raise _RefusedError(400, "XML", f"xml: {error}") from error
        parcel = self._mailroom.request(system, content, self._given(body.get("files") or []), later=later)
        parcel.node_id = _node(request)
        parcel.test = body.get("testMessage") is True
        eol = body.get("eol")
        parcel.eol = moment(str(eol)) if eol else None
        if not later:
            self._mailroom.exchange.dispatch(parcel)
        return _json({"requestId": parcel.id})

    def _given(self, rows: object) -> list[Given]:
        if not isinstance(rows, list):
            raise _RefusedError(400, "FILES", "files: must be a list")
        return [self._file(row) for row in rows]

    def _file(self, row: object) -> Given:
        if not isinstance(row, dict) or not isinstance(row.get("url"), str):
            raise _RefusedError(400, "FILES", "files: name and url are needed")
        parts = [unquote(part) for part in urlsplit(row["url"]).path.split("/") if part]
        path = self._mailroom.exchange.files.find(parts[0]) if len(parts) == 2 else None
        if path is None or path.name != parts[1]:
            raise _RefusedError(400, "FILES", f"files: nothing was put at {row['url']}")
        told = row.get("signaturePKCS7")
        signature = _decoded(told, "signaturePKCS7") if told else None
        return Given(path, str(row.get("name") or path.name), signature, parts[0])

    def _get(self, request: Request, system: System) -> Response:
        parcel = self._mailroom.bus.take(system, "RESPONSE", node_id=_node(request))
        if parcel is None:
            raise _EmptyError
        logins = self._mailroom.exchange.files.open_for(parcel)
        stored = {file.uuid: file for file in parcel.files}
        files = [
            {
                "name": stored[uuid].name,
                "url": f"ftp://{user}:{password}@{self._ftp.host}:{self._ftp.port}/{uuid}{quote(name)}",
                "signaturePKCS7": _encoded(stored[uuid].signature),
            }
            for uuid, user, password, name in logins
        ]
        told = {"recId": parcel.id, "requestId": parcel.original_id, "messageId": parcel.id}
        return _json({**told, "xml": base64.b64encode(self._xml(parcel)).decode(), "files": files})

    def _xml(self, parcel: Parcel) -> bytes:
        if isinstance(parcel.body, bytes):
            return parcel.body
        write = Writer("1.2", self._mailroom.bus.own, self._mailroom.bus.clock())
        return octets(write.handed("GetResponse", parcel))

    def _confirm(self, system: System, request_id: str, *, again: bool) -> Response:
        bus = self._mailroom.bus
        ids = bus.handed_out(system, request_id)
        if not ids:
            raise _RefusedError(404, "REQUEST", f"nothing of request {request_id} waits to be confirmed")
        for message_id in ids:
            parcel = bus.acknowledge(system, message_id)
            if parcel is not None:
                self._mailroom.exchange.files.close_for(parcel)
                if again:
                    bus.again(parcel)
        return _json({})


def _node(request: Request) -> str:
    return str(request.environ.get("stand.node_id") or request.headers.get("node-id") or "")


def _body(request: Request) -> dict[str, Any]:
    raw = read_body(request, MAX_BODY)
    if raw is None:
        raise _RefusedError(413, "BODY", "the body is too long")
    try:
        body = json.loads(raw or b"{}")
    except ValueError:
        raise _RefusedError(400, "BODY", "the body is not JSON") from None
    if not isinstance(body, dict):
        raise _RefusedError(400, "BODY", "the body must be one JSON object")
    return body


def _decoded(value: object, name: str) -> bytes:
    try:
        return base64.b64decode(str(value or ""), validate=True)
    except (binascii.Error, ValueError):
        raise _RefusedError(400, "BASE64", f"{name}: broken base64") from None


def _encoded(value: bytes | None) -> str:
    return base64.b64encode(value).decode() if value else ""


def _json(value: object, status: int = 200) -> Response:
    return Response(json.dumps(value, ensure_ascii=False), status, content_type="application/json")
