"""Prostore over HTTP: deltas, the streamed upload, the same strict reading of files. Rows appear at COMMIT.

Its answers are modelled on public documents, not on a server anybody here has seen.
"""

import json
import re
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from werkzeug.wrappers import Request, Response

from stand.faults import Fault, FaultPlan
from stand.mart.rules import BrokenFileError, Row, Table, read
from stand.server import CutError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from _typeshed.wsgi import StartResponse, WSGIEnvironment

_PATH = re.compile(r"/api/v1/datamarts/([^/]+)/(?:(query)|entities/([^/]+)/upload)")
_BEFORE = (Fault.SLOW, Fault.ERROR, Fault.TOO_MANY, Fault.CUT_BEFORE)
_AFTER = (Fault.CUT_AFTER, Fault.GARBAGE)


class RefusedError(Exception):
    """The request cannot be carried out; the text says why."""


@dataclass(slots=True)
class Delta:
    """What a delta holds until it is committed: table, key → row, None for a deletion."""

    number: int
    rows: dict[tuple[str, str], Row | None] = field(default_factory=dict)


class ProstoreState:
    """Tables, the one open delta, and what a test looks at. Thread-safe."""

    def __init__(self, tables: list[Table]) -> None:
        self.tables = {table.name: table for table in tables}
        self.rows: dict[str, dict[str, Row]] = {table.name: {} for table in tables}
        self.delta: Delta | None = None
        self.said: list[str] = []  # statements and uploads in the order they came
        self._next = 0
        self._lock = threading.Lock()

    def query(self, statement: str) -> dict[str, object]:
        """Carry out a statement about deltas. Raises RefusedError."""
        with self._lock:
            self.said.append(statement)
            if statement == "BEGIN DELTA":
                return self._begin()
            if statement == "GET_DELTA_HOT()":
                return {"result": [{"deltaNum": self.delta.number} if self.delta else {}]}
            if statement not in ("COMMIT DELTA", "ROLLBACK DELTA"):
                raise RefusedError(f"unknown statement: {statement}")
            if self.delta is None:
                raise RefusedError("no delta is open")
            if statement == "COMMIT DELTA":
                self._commit(self.delta)
            self.delta = None
            return {"result": [{}]}

    def upload(self, table: str, sys_op: int, body: bytes) -> int:
        """Put the rows of a file into the open delta. Raises RefusedError."""
        with self._lock:
            self.said.append(f"upload {sys_op}")
            if self.delta is None:
                raise RefusedError("no delta is open")
            own = self.tables[table]
            try:
                rows = read(own, "delete" if sys_op else "upload", body)
            except BrokenFileError as error:
                raise RefusedError(str(error)) from error
            keyed = {(table, row[own.key] or ""): None if sys_op else row for row in rows}
            twice = keyed.keys() & self.delta.rows.keys()
            if twice:
                raise RefusedError(f"a second state of key {min(twice)[1]} in one delta")
            self.delta.rows.update(keyed)
            return len(rows)

    def _begin(self) -> dict[str, object]:
        if self.delta is not None:
            raise RefusedError("a delta is open already")
        self.delta = Delta(self._next)
        return {"result": [{"deltaNum": self.delta.number}]}

    def _commit(self, delta: Delta) -> None:
        for (table, key), row in delta.rows.items():
            if row is None:
                self.rows[table].pop(key, None)
            else:
                self.rows[table][key] = row
        self._next = delta.number + 1


class ProstoreApp:
    """The WSGI application of one node and one datamart."""

    def __init__(
        self,
        state: ProstoreState,
        *,
        datamart: str = "appeals",
        token: str = "",
        faults: FaultPlan | None = None,
    ) -> None:
        self.state = state
        self.datamart = datamart
        self.faults = faults or FaultPlan()
        self._token = token

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> "Iterable[bytes]":
        """Answer one request."""
        return self._answer(Request(environ))(environ, start_response)

    def _answer(self, request: Request) -> Response:
        found = _PATH.fullmatch(request.path)
        if found is None or found[1] != self.datamart or request.method != "POST":
            return _told(404, error="no such path")
        if self._token and request.headers.get("Authorization") != f"Bearer {self._token}":
            return _told(401, error="the token is not valid")
        fault = self.faults.pick(f"POST {found[2] or 'upload'}", (*_BEFORE, *_AFTER))
        broken = self._before(fault)
        if broken is not None:
            return broken
        try:
            answer = self._query(request) if found[2] else self._upload(request, found[3])
        except RefusedError as error:
            return _told(400, error=str(error))
        if fault is Fault.CUT_AFTER:
            raise CutError
        return Response("<html>502</html>", 200) if fault is Fault.GARBAGE else answer

    def _before(self, fault: Fault | None) -> Response | None:
        if fault is Fault.SLOW:
            self.faults.dawdle()
        if fault is Fault.CUT_BEFORE:
            raise CutError
        if fault is Fault.ERROR:
            return _told(503, error="temporarily unavailable")
        if fault is Fault.TOO_MANY:
            return Response("slow down", 429, headers={"Retry-After": str(self.faults.pains.retry_after)})
        return None

    def _query(self, request: Request) -> Response:
        told = request.get_json(silent=True)
        if not isinstance(told, dict) or not isinstance(told.get("query"), str):
            return _told(400, error="the body must be {query}")
        return _told(200, **self.state.query(told["query"]))

    def _upload(self, request: Request, table: str) -> Response:
        if table not in self.state.tables:
            return _told(400, error=f"unknown entity {table}")
        if request.mimetype != "text/csv":
            return _told(415, error="Content-Type must be text/csv or application/avro")
        if request.args.get("sysOp") not in ("0", "1"):
            return _told(400, error="sysOp must be 0 or 1")
        body = request.get_data(cache=False)  # raises when cut off: commitOnDisconnect is off, nothing stays
        return _told(200, rowsProcessed=self.state.upload(table, int(request.args["sysOp"]), body))


def _told(status: int, **said: object) -> Response:
    return Response(json.dumps(said, ensure_ascii=False), status, content_type="application/json")
