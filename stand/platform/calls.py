"""The platform's HTTP calls (platform.md section 1) over its state: parse, ask the state, answer JSON."""

import base64
import hashlib
import json
import re
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import quote

from werkzeug.exceptions import HTTPException
from werkzeug.formparser import parse_form_data
from werkzeug.wrappers import Request, Response

from config.i18n import _
from stand.bodies import read_body
from stand.platform.dictionaries import Dictionaries
from stand.platform.state import PlatformState, UnknownMessageError
from stand.words import Cabinet, FileSpec

MAX_PAGE = 2000
MAX_BODY = 4 * 1024 * 1024  # bytes of a reply
_CHUNK = 64 * 1024


class RefusedError(Exception):
    """A call that gets the platform's error: an HTTP status and `{"messages": […]}`."""

    def __init__(self, status: int, *messages: str) -> None:
        super().__init__(status)
        self.status = status
        self.messages = messages

    def response(self) -> Response:
        """Return the error as the platform words it."""
        return as_json({"messages": list(self.messages)}, self.status)


def as_json(value: object, status: int = 200) -> Response:
    """Return a value (or a text that is JSON already) as a response."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return Response(text, status, content_type="application/json;charset=UTF-8")


@dataclass(frozen=True, slots=True)
class OAuthClient:
    """The platform's own OAuth client: the name and secret of HTTP Basic at the token call."""

    name: str = "edms"
    secret: str = "edms-secret"  # noqa: S105 - the stand's, known to everybody


class Calls:
    """One method per call of the platform."""

    def __init__(self, state: PlatformState, dictionaries: Dictionaries, client: OAuthClient) -> None:
        self.state = state
        self._dictionaries = dictionaries
        self._client = client

    def cabinet(self, request: Request) -> Cabinet:
        """Return whose call it is. Raises RefusedError 401."""
        scheme, _space, token = request.headers.get("Authorization", "").partition(" ")
        cabinet = self.state.cabinet_of(token.strip()) if scheme.lower() == "bearer" else None
        if cabinet is None:
            raise RefusedError(401, _("the token is unknown or has expired"))
        return cabinet

    def token(self, request: Request) -> Response:
        """`POST /user-service/oauth/token`."""
        if not self._knows_client(request.headers.get("Authorization", "")):
            raise RefusedError(401, _("unknown OAuth client"))
        form = request.form
        if form.get("grant_type") != "password" or form.get("scope") != "any":
            raise RefusedError(400, _("the token call wants grant_type=password and scope=any"))
        answer = self.state.new_token(form.get("username", ""), form.get("password", ""))
        if answer is None:
            self.state.ledger.note("token_refused")
            raise RefusedError(401, _("wrong identifier or password of the cabinet"))
        return as_json(answer)

    def _knows_client(self, header: str) -> bool:
        scheme, _space, encoded = header.partition(" ")
        try:
            told = base64.b64decode(encoded, validate=True)
        except ValueError:
            return False
        expected = f"{self._client.name}:{self._client.secret}".encode()
        return scheme.lower() == "basic" and secrets.compare_digest(told, expected)

    def page(self, request: Request, cabinet: Cabinet, *, repeat: bool = False) -> Response:
        """`GET /appeal-service/edms?page=&size=`."""
        number = _whole(request, "page", 0, 10**9, 0)
        size = _whole(request, "size", 1, MAX_PAGE, 20)
        return as_json(self.state.page(cabinet, number, size, repeat=repeat))

    def accept(self, cabinet: Cabinet, message_id: int) -> Response:
        """`POST /appeal-service/edms/{id}/mark-accepted`."""
        self.state.accept(cabinet, message_id)
        return Response(status=200)

    def reply(self, request: Request, cabinet: Cabinet, message_id: int) -> Response:
        """`POST /appeal-service/edms/{id}`."""
        wrong = self.state.reply(cabinet, message_id, _body(request))
        if wrong:
            raise RefusedError(400, *wrong)
        return Response(status=200)

    def upload(self, request: Request, cabinet: Cabinet) -> Response:
        """`POST /file-storage-service/filestorage`, multipart field `file`."""
        _stream, _form, files = parse_form_data(request.environ, max_form_parts=10)
        sent = files.get("file")
        if sent is None or not sent.filename:
            raise RefusedError(400, _("the upload needs one multipart field named file, with a file name"))
        digest, size = hashlib.sha256(), 0
        while chunk := sent.stream.read(_CHUNK):
            digest.update(chunk)
            size += len(chunk)
        sent.close()
        return as_json({"id": self.state.keep_upload(cabinet, sent.filename, digest.hexdigest(), size).id})

    def download(self, cabinet: Cabinet, file_id: str) -> Response:
        """`GET` of an address from `attachments`."""
        spec = self.state.file(cabinet, file_id)
        if spec is None:
            raise RefusedError(404, _("no such file"))
        self.state.ledger.note("downloaded", file=file_id, sha256=spec.sha256)
        return file_response(spec)

    def history(self, cabinet: Cabinet, message_id: int) -> Response:
        """`GET /appeal-service/external-appeal-system/appeals/{posId}`."""
        return as_json(self.state.appeal(cabinet, message_id))

    def regions(self) -> Response:
        """`GET /inbox-service/regions/all`."""
        return as_json(self._dictionaries.regions_json())

    def subjects(self, request: Request, region_id: int) -> Response:
        """`GET /inbox-service/subjects/region/{regionId}?size=`."""
        self._need_region(region_id)
        return _dictionary_page(request, self._dictionaries.subjects_json())

    def subsubjects(self, request: Request) -> Response:
        """`GET /inbox-service/subsubjects/search?regionId=&size=`."""
        self._need_region(_whole(request, "regionId", 0, 10**9, None))
        return _dictionary_page(request, self._dictionaries.subsubjects_json())

    def _need_region(self, region_id: int) -> None:
        if self._dictionaries.region(region_id) is None:
            raise RefusedError(404, _("no such region"))


def file_response(spec: FileSpec) -> Response:
    """Return a message's file as the platform sends it: in pieces, with its name in Content-Disposition."""
    content = spec.content()

    def pieces() -> Iterator[bytes]:
        for start in range(0, len(content), _CHUNK):
            yield content[start : start + _CHUNK]

    response = Response(pieces(), content_type=spec.media_type)
    response.headers["Content-Length"] = str(len(content))
    plain = re.sub(r'[^\x20-\x7e]|["\\]', "_", spec.name)
    response.headers["Content-Disposition"] = (
        f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(spec.name, safe='')}"
    )
    return response


def translate_error(error: Exception) -> Response | None:
    """Return the platform's answer for an error of a call, None for one that is the stand's own fault."""
    if isinstance(error, RefusedError):
        return error.response()
    if isinstance(error, UnknownMessageError):
        return RefusedError(404, _("no such message in this cabinet")).response()
    if isinstance(error, HTTPException):
        return RefusedError(error.code or 500, error.name).response()
    return None


def _whole(request: Request, name: str, low: int, high: int, default: int | None) -> int:
    text = request.args.get(name)
    if text is None and default is not None:
        return default
    if text is None or not re.fullmatch(r"\d{1,10}", text) or not low <= int(text) <= high:
        raise RefusedError(400, _("{field}: must be a whole number").format(field=name))
    return int(text)


def _body(request: Request) -> object:
    if request.mimetype != "application/json":
        raise RefusedError(415, _("a reply is application/json"))
    raw = read_body(request, MAX_BODY)
    if raw is None:
        raise RefusedError(413, _("the reply is too long"))
    try:
        return json.loads(raw.decode("utf-8"))
    except ValueError:
        raise RefusedError(400, _("the body is not JSON in UTF-8")) from None


def _dictionary_page(request: Request, rows: list[dict[str, object]]) -> Response:
    number = _whole(request, "page", 0, 10**9, 0)
    size = _whole(request, "size", 1, MAX_PAGE, 20)
    part = rows[number * size : (number + 1) * size]
    pages = -(-len(rows) // size)
    return as_json(
        {
            "content": part, "totalElements": len(rows), "totalPages": pages, "number": number, "size": size,
            "numberOfElements": len(part), "first": number == 0, "last": number + 1 >= pages,
            "empty": not part,
        }
    )  # fmt: skip
