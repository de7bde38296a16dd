"""What the mart holds: a request walks through its codes, then all its rows appear at once."""

import threading
import uuid
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from stand.mart.rules import BrokenFileError, Row, Table, read

_WAY = (-1, 0, 1, 2)  # into the buffer, buffered, waits for a delta, in processing
_CONTROL = 6


@dataclass(slots=True)
class Request:
    """One file that was taken."""

    id: str
    table: Table
    operation: str
    body: bytes
    steps: deque[int] = field(default_factory=deque)
    code: int = -1
    description: str = ""


class MartState:
    """The tables, the requests and the counts that a test looks at. Thread-safe."""

    def __init__(self, tables: list[Table], *, hold: bool = False) -> None:
        self.tables = {table.name: table for table in tables}
        self.rows: dict[str, dict[str, Row]] = {table.name: {} for table in tables}
        self.requests: dict[str, Request] = {}
        self.bodies: list[tuple[str, bytes]] = []  # operation and file, in the order they came
        self.hold = hold  # nothing is processed until a test says so
        self.verdict: Callable[[Request], tuple[int, str] | None] = lambda _request: None
        self._lock = threading.Lock()
        self.most_in_flight = 0

    def take(self, table: str, operation: str, body: bytes) -> str:
        """Put a file into the buffer; return the request's id."""
        with self._lock:
            request = Request(
                str(uuid.uuid4()), self.tables[table], operation, body, deque((*_WAY, _CONTROL))
            )
            self.requests[request.id] = request
            self.bodies.append((operation, body))
            flying = sum(len(one.body) for one in self.requests.values() if one.code not in (3, 4, 5, 7))
            self.most_in_flight = max(self.most_in_flight, flying)
            return request.id

    def look(self, request_id: str) -> tuple[int, str]:
        """Return code and description, and let the request make a step."""
        with self._lock:
            request = self.requests.get(request_id)
            if request is None:
                return 5, "request id not found"
            if request.steps and not self.hold:
                request.code = request.steps.popleft()
            elif not request.steps and request.code == _CONTROL:
                self._finish(request)
            return request.code, request.description

    def forget(self, request_id: str) -> None:
        """Lose a request, as a restarted mart does."""
        with self._lock:
            self.requests.pop(request_id, None)

    def _finish(self, request: Request) -> None:
        verdict = self.verdict(request)
        if verdict is not None:
            request.code, request.description = verdict
            return
        try:
            rows = read(request.table, request.operation, request.body)
        except BrokenFileError as error:
            request.code, request.description = 7, str(error)
            return
        held = self.rows[request.table.name]
        for row in rows:
            key = row[request.table.key] or ""
            if request.operation == "delete":
                held.pop(key, None)
            else:
                held[key] = row
        request.code, request.description = 3, ""
