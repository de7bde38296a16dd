"""Prostore's own HTTP upload (platform.md 4.2), by the same uploader. Experimental: no server has been seen.

A file is one delta: BEGIN DELTA, the file, COMMIT DELTA; whatever fails is rolled back whole and begun anew,
so that no delta holds a key twice. What the documents leave open is ours and stands in one place here: the
body of a query is {"query": …}, the number of a delta is `deltaNum` wherever in the answer it stands.
"""

import contextlib
import json
import logging
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx

from config.i18n import _
from connector.errors import AuthError, PermanentError, RetryableError
from connector.masking import mask, protect
from exporter.marts.datamart.client import Access, Client, chunks
from exporter.marts.datamart.statuses import Code, Status

log = logging.getLogger("sedlink.export.datamart")
_HOT = "GET_DELTA_HOT()"
_BEGUN = "begun"
_FRESH = 600.0  # seconds: so long a delta that opened just after we asked for one is taken for ours
_SYS_OP = {"upload": 0, "delete": 1}


class ProstoreClient(Client):
    """HTTP to one Prostore; `note` is the file that remembers which delta is ours and still open."""

    def __init__(self, access: Access, note: Path, **more: Any) -> None:  # noqa: ANN401 - sleep and dice of Client
        if access.token and not access.token.reveal().isascii():
            raise AuthError(_("token: holds letters that no token has, check it"))
        super().__init__(access, **more)
        self._note = note
        self._ended: dict[str, Status] = {}
        if access.token:
            protect(access.token)

    def upload(self, table: str, operation: str, path: Path) -> str:
        """Bring a file in as one delta; return the id that its end is known by. Raises ConnectorError."""
        request_id = str(uuid.uuid4())
        self._ended[request_id] = self._repeated(lambda: self._delta(table, operation, path))
        return request_id

    def status(self, request_id: str) -> Status:
        """Return how the file ended; what an earlier process sent is not known any more and goes again."""
        return self._ended.pop(request_id, Status(Code.NOT_FOUND, ""))

    def _delta(self, table: str, operation: str, path: Path) -> Status:
        self._roll_back_ours()
        self._begin()
        try:
            self._send_file(table, operation, path)
        except PermanentError as error:
            self._roll_back_ours()
            return Status(Code.CONTROL_FAILED, error.sentence)
        except BaseException:
            with contextlib.suppress(RetryableError, PermanentError):
                self._roll_back_ours()  # else the next run does it: the note stays
            raise
        self._query("COMMIT DELTA")
        self._note.unlink(missing_ok=True)
        return Status(Code.PROCESSED, "")

    def _begin(self) -> None:
        """Open a delta and note its number; before that, that one is being opened: the answer may be lost."""
        hot = _number(self._query(_HOT))
        if hot is not None:
            raise RetryableError(
                _(
                    "delta {number} is open: another loader is at work, or it died and must be rolled back"
                ).format(number=hot)
            )
        self._note.parent.mkdir(parents=True, exist_ok=True)
        self._note.write_text(_BEGUN, encoding="ascii")
        try:
            number = _number(self._query("BEGIN DELTA"))
        except PermanentError as error:
            self._note.unlink(missing_ok=True)
            raise RetryableError(error.sentence) from error
        if number is None:
            raise RetryableError(_("the mart answers something that is no delta"), code="garbage")
        self._note.write_text(str(number), encoding="ascii")

    def _roll_back_ours(self) -> None:
        """Undo the delta that we left open, and only that one: another loader's is not ours to end."""
        if not self._note.is_file():
            return
        own = self._note.read_text(encoding="ascii").strip()
        hot = _number(self._query(_HOT))
        fresh = time.time() - self._note.stat().st_mtime < _FRESH
        if hot is not None and (own == str(hot) or (own == _BEGUN and fresh)):
            self._query("ROLLBACK DELTA")
        self._note.unlink(missing_ok=True)

    def _send_file(self, table: str, operation: str, path: Path) -> None:
        size = path.stat().st_size
        where = f"{self._own('entities')}/{quote(table)}/upload?sysOp={_SYS_OP[operation]}"
        log.info("POST %s, %d bytes", where, size)
        headers = {"Content-Type": "text/csv", "Content-Length": str(size)}
        answer = self._checked(self._sent(self._request("POST", where, headers, chunks(path))))
        _look_for_error(answer.text)

    def _query(self, statement: str) -> str:
        headers = {"Content-Type": "application/json"}
        body = iter([json.dumps({"query": statement}).encode()])
        answer = self._checked(self._sent(self._request("POST", self._own("query"), headers, body)))
        _look_for_error(answer.text)
        return answer.text

    def _own(self, what: str) -> str:
        return f"api/v1/datamarts/{quote(self._access.datamart)}/{what}"

    def _request(
        self,
        method: str,
        path: str,
        headers: dict[str, str] | None = None,
        body: Iterator[bytes] | None = None,
    ) -> httpx.Request:
        said = {**(headers or {}), "x-request-id": str(uuid.uuid4())}
        if self._access.token is not None:
            said["Authorization"] = f"Bearer {self._access.token.reveal()}"
        return super()._request(method, path, said, body)


def _objects(text: str) -> list[Any]:
    """Return the JSON values of an answer: one, or one per line while the upload goes on."""
    try:
        return [json.loads(text)] if text.strip() else []
    except (ValueError, RecursionError):
        log.debug("the answer is not one JSON value: reading it by lines")
    try:
        return [json.loads(line) for line in text.splitlines() if line.strip()]
    except (ValueError, RecursionError) as error:
        raise RetryableError(_("the mart answers something that is not JSON"), code="garbage") from error


def _look_for_error(text: str) -> None:
    """An answer may say no in spite of its code."""
    for told in _objects(text):
        if isinstance(told, dict) and (reason := told.get("error") or told.get("exceptionMessage")):
            raise PermanentError(_("the mart refuses: {said}").format(said=mask(str(reason)[:300])))


def _number(text: str) -> int | None:
    """Find `deltaNum`, however deep it lies."""
    waiting = _objects(text)
    while waiting:
        told = waiting.pop()
        if isinstance(told, dict):
            if isinstance(told.get("deltaNum"), int):
                return int(told["deltaNum"])
            waiting.extend(told.values())
        elif isinstance(told, list):
            waiting.extend(told)
    return None
