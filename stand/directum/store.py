"""What the stand's Directum keeps: rows of sets, bodies of versions. Every write is checked by the model."""

import base64
import binascii
import itertools
import threading
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from stand.directum.model import (
    BOOL,
    DOCUMENTS,
    INSIDE,
    INT,
    LONGEST,
    LONGEST_TEXT,
    READ_ONLY,
    SETS,
    STATES,
    STRING,
    TIME,
    Type,
)
from stand.ledger import utc_now

Row = dict[str, Any]
_KINDS: Mapping[str, tuple[type, ...]] = {STRING: (str,), INT: (int,), BOOL: (bool,), TIME: (str,)}


class RefusedError(Exception):
    """A write that the service refuses: an HTTP status and what it says."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


class Store:
    """The rows. Thread-safe: hold `lock` around what must be one step."""

    def __init__(self, clock: Callable[[], datetime] = utc_now) -> None:
        self.lock = threading.RLock()
        self._clock = clock
        self._rows: dict[str, dict[int, Row]] = {name: {} for name in SETS}
        self._bodies: dict[int, bytes] = {}  # by version
        self._ids = itertools.count(101)

    def now(self) -> str:
        """Return the moment as the service writes it."""
        return self._clock().astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")

    # ---- reading

    def rows(self, name: str) -> Iterator[Row]:
        """Yield the rows of a set in the order of their ids."""
        with self.lock:
            return iter([self._rows[name][one] for one in sorted(self._rows[name])])

    def row(self, name: str, number: int) -> Row:
        """Return a row. Raises RefusedError 404."""
        with self.lock:
            if number not in self._rows[name]:
                raise RefusedError(404, f"{name}({number}) is not found")
            return self._rows[name][number]

    def target(self, name: str, number: int) -> Row | None:
        """Return what a navigation leads to."""
        names = DOCUMENTS if name == "IOfficialDocuments" else (name,)
        with self.lock:
            return next((self._rows[one][number] for one in names if number in self._rows[one]), None)

    def inside(self, name: str, number: int, part: str, row_id: int) -> Row:
        """Return a row that lies in another one. Raises RefusedError 404."""
        rows: list[Row] = self.row(name, number).get(part, [])
        found = next((one for one in rows if one["Id"] == row_id), None)
        if found is None:
            raise RefusedError(404, f"{part}({row_id}) is not found")
        return found

    def body(self, version: int) -> bytes | None:
        """Return the body of a version."""
        with self.lock:
            return self._bodies.get(version)

    # ---- writing

    def create(self, name: str, told: Mapping[str, Any]) -> Row:
        """Make a row of a set. Raises RefusedError."""
        kind = SETS[name]
        with self.lock:
            row = self._checked(kind, told, whole=True)
            row = {**self._blank(kind), **row, "Id": next(self._ids)}
            row |= {stamp: self.now() for stamp in ("Created", "Modified") if stamp in kind.properties}
            if name in ("IRequests", "IOutgoingRequestLetters") and row["LifeCycleState"] is None:
                row["LifeCycleState"] = "Draft"
            self._rows[name][row["Id"]] = row
            return row

    def create_inside(self, name: str, number: int, part: str, told: Mapping[str, Any]) -> Row:
        """Make a row that lies in another one. Raises RefusedError."""
        kind = INSIDE[SETS[name].inside[part]]
        with self.lock:
            owner = self.row(name, number)
            row = {**self._blank(kind), **self._checked(kind, told, whole=True), "Id": next(self._ids)}
            owner[part].append(row)
            owner["Modified"] = self.now()
            return row

    def change(self, name: str, number: int, told: Mapping[str, Any]) -> Row:
        """Change properties of a row. Raises RefusedError."""
        with self.lock:
            row = self.row(name, number)
            row |= self._checked(SETS[name], told, whole=False)
            if "Modified" in row:
                row["Modified"] = self.now()
            return row

    def change_inside(self, name: str, number: int, part: str, row_id: int, told: Mapping[str, Any]) -> Row:
        """Change a row that lies in another one. Raises RefusedError."""
        with self.lock:
            row = self.inside(name, number, part, row_id)
            row |= self._checked(INSIDE[SETS[name].inside[part]], told, whole=False)
            self.row(name, number)["Modified"] = self.now()
            return row

    def delete(self, name: str, number: int) -> None:
        """Delete a draft, or an addendum of one. Raises RefusedError."""
        with self.lock:
            row = self.row(name, number)
            lead = self.target("IOfficialDocuments", row["LeadingDocument"]) if name == "IAddendums" else row
            if name not in (*DOCUMENTS, "IAddendums") or (lead and lead["LifeCycleState"] != "Draft"):
                raise RefusedError(400, "The document is in use and cannot be deleted")
            del self._rows[name][number]

    def put_body(self, name: str, number: int, version: int, told: Mapping[str, Any]) -> None:
        """Store the body of a version. Raises RefusedError."""
        if set(told) != {"Value"} or not isinstance(told["Value"], str):
            raise RefusedError(400, "The body must be {Value: base64}")
        try:
            content = base64.b64decode(told["Value"], validate=True)
        except binascii.Error as error:
            raise RefusedError(400, "Value is not base64") from error
        with self.lock:
            self.inside(name, number, "Versions", version)
            self.keep(version, content)

    def keep(self, version: int, content: bytes) -> None:
        """Store the bytes of a version, as a person does who attaches a file."""
        with self.lock:
            self._bodies[version] = content

    # ---- checks

    @staticmethod
    def _blank(kind: Type) -> Row:
        return {
            **dict.fromkeys((*kind.properties, *kind.single)), **{part: [] for part in kind.inside},
        }  # fmt: skip

    def _checked(self, kind: Type, told: Mapping[str, Any], *, whole: bool) -> Row:
        if whole and (missing := sorted(one for one in kind.required if told.get(one) in (None, ""))):
            raise RefusedError(400, f"Required properties are empty: {', '.join(missing)}")
        return {name: self._value(kind, name, value) for name, value in told.items()}

    def _value(self, kind: Type, name: str, value: object) -> object:
        if name in kind.single:
            return self._reference(kind.single[name], name, value)
        if name not in kind.properties or name in READ_ONLY:
            raise RefusedError(400, f"The property '{name}' of '{kind.name}' cannot be written")
        if value is None:
            return None
        edm = kind.properties[name]
        if not isinstance(value, _KINDS[edm]) or (edm == INT and isinstance(value, bool)):
            raise RefusedError(400, f"Cannot convert the value of '{name}' to {edm}")
        if isinstance(value, str):
            self._text(name, value, edm)
        return value

    @staticmethod
    def _text(name: str, value: str, edm: str) -> None:
        if edm == TIME:
            try:
                zoned = datetime.fromisoformat(value).tzinfo is not None
            except ValueError:
                zoned = False
            if not zoned:
                raise RefusedError(400, f"'{name}' is not a DateTimeOffset")
        elif len(value) > LONGEST.get(name, LONGEST_TEXT):
            raise RefusedError(400, f"'{name}' is too long")
        elif name in STATES and value not in STATES[name]:
            raise RefusedError(400, f"'{value}' is not a value of '{name}'")

    def _reference(self, target: str, name: str, value: object) -> int | None:
        if value is None:
            return None
        number = value.get("Id") if isinstance(value, dict) and set(value) == {"Id"} else None
        if not isinstance(number, int) or self.target(target, number) is None:
            raise RefusedError(400, f"'{name}' must lead to an existing entity: {{Id: number}}")
        return number
