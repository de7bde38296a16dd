"""What the stand's ELMA365 keeps: rows of apps, files. Every write is checked by the app's fields."""

import re
import threading
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

from stand.elma365.model import (
    APPS,
    CATEGORIES,
    CATEGORY,
    DAY,
    FILES,
    FLAG,
    NAME,
    NUMBER,
    STATUSES,
    TEXT,
    TIME,
)
from stand.ledger import utc_now

Row = dict[str, Any]
_DAY = re.compile(r"\d{4}-\d\d-\d\dT00:00:00(\.0+)?Z")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
_NAME_PARTS = {"lastname", "firstname", "middlename"}


class RefusedError(Exception):
    """A call that the API refuses: an HTTP status and what it says."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


class Store:
    """The rows and files. Thread-safe. Times are whole seconds: as coarse as a server may keep them."""

    def __init__(self, clock: Callable[[], datetime] = utc_now) -> None:
        self.lock = threading.RLock()
        self._clock = clock
        self._rows: dict[str, dict[str, Row]] = {app: {} for app in APPS}
        self.files: dict[str, tuple[str, bytes]] = {}  # id → name, bytes

    def now(self) -> str:
        """Return the moment as the API writes it."""
        return self._clock().astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

    def rows(self, app: str) -> list[Row]:
        """Return the rows of an app. Raises RefusedError for one that is not there."""
        if app not in self._rows:
            raise RefusedError(404, f"application {app} not found")
        with self.lock:
            return list(self._rows[app].values())

    def row(self, app: str, number: str) -> Row:
        """Return a row. Raises RefusedError."""
        with self.lock:
            found = next((row for row in self.rows(app) if row["__id"] == number), None)
        if found is None:
            raise RefusedError(404, f"item {number} not found")
        return found

    def create(self, app: str, told: Mapping[str, Any]) -> Row:
        """Make a row. Raises RefusedError for fields that the app does not have."""
        with self.lock:
            checked = self._checked(app, told)
            if not checked.get("__name"):
                raise RefusedError(400, "field __name is required")
            now = self.now()
            system = {
                "__id": str(uuid4()), "__createdAt": now, "__updatedAt": now, "__deletedAt": None,
                "__version": 1, "__index": len(self._rows[app]) + 1, "__status": {"order": 0, "status": 1},
            }  # fmt: skip
            row = {**dict.fromkeys(APPS[app]), **checked, **system}
            self._rows[app][row["__id"]] = row
            return row

    def update(self, app: str, number: str, told: Mapping[str, Any], *, status: str = "") -> Row:
        """Change a row, as a program or a clerk does; `status` is a code. Raises RefusedError."""
        with self.lock:
            row = self.row(app, number)
            row |= self._checked(app, told)
            if status:
                row["__status"] = {"order": 0, "status": _status_number(status)}
            row["__updatedAt"] = self.now()
            row["__version"] += 1
            return row

    def keep(self, name: str, content: bytes) -> str:
        """Store a file, return its id."""
        number = str(uuid4())
        with self.lock:
            self.files[number] = (name, content)
        return number

    # ---- checks

    def _checked(self, app: str, told: Mapping[str, Any]) -> Row:
        if app not in APPS:
            raise RefusedError(404, f"application {app} not found")
        for name, value in told.items():
            kind = APPS[app].get(name)
            if kind is None:
                raise RefusedError(400, f"field {name} does not exist")
            if value is not None and not self._fits(kind, name, value):
                raise RefusedError(400, f"field {name}: not a value of {kind}")
        return dict(told)

    def _fits(self, kind: str, name: str, value: object) -> bool:
        if kind == FILES:
            return isinstance(value, list) and all(one in self.files for one in value)
        if kind == CATEGORY:
            return _is_category(name, value)
        return _TESTS[kind](value)


def _is_category(name: str, value: object) -> bool:
    if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
        return False
    return all(one.get("code") in CATEGORIES[name] for one in value)


def _is_time(pattern: re.Pattern[str], value: object) -> bool:
    return isinstance(value, str) and bool(pattern.fullmatch(value))


_TESTS: Mapping[str, Callable[[object], bool]] = {
    TEXT: lambda value: isinstance(value, str),
    FLAG: lambda value: isinstance(value, bool),
    NUMBER: lambda value: isinstance(value, int | float) and not isinstance(value, bool),
    DAY: lambda value: _is_time(_DAY, value),
    TIME: lambda value: _is_time(_TIME, value),
    NAME: lambda value: isinstance(value, dict) and set(value) <= _NAME_PARTS,
}


def _status_number(code: str) -> int:
    return next(number for number, (known, _name) in STATUSES.items() if known == code)


def is_uuid(text: str) -> bool:
    """Whether a text is an id."""
    try:
        return str(UUID(text)) == text.lower()
    except ValueError:
        return False
