"""What happened since a cursor: stretches of changed objects, their events, pages (sed.md section 6).

The cursor is a time of 1С's own clock with a look-back: objects whose writing ended late come although their
time is past. It stands still until a whole stretch was handed out; within one it only counts pages, so that
a page that was stored is not handed out again by the same process. Any other cursor of ours begins the
stretch anew: repeats bear the ids that they had.
"""

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from datetime import time as time_of_day
from uuid import uuid4

from connector.appeal import Event
from connector.sed import ChangePage
from connector.sed.dms1c.events import Reading, in_order
from connector.sed.dms1c.gathering import OUTGOING
from connector.sed.dms1c.listing import TASK, Condition, Lists, Row
from connector.sed.dms1c.objects import read_moment
from connector.sed.dms1c.settings import Dms1cSettings
from connector.sed.dms1c.template import INCOMING

Item = Event | str  # an event, or a note
_LONG_AGO = datetime(1, 1, 1)  # noqa: DTZ001 - by 1С's own clock, as all times here


@dataclass(frozen=True, slots=True)
class Position:
    """Where reading stands, by 1С's clock: up to `base` everything was read. `at` and `top` belong to a sweep
    of many stretches that is not over: where its next one begins, and the moment at which it began itself,
    beyond which a stretch that was read early may have missed what was being written.
    """

    base: datetime | None = None
    at: datetime | None = None
    top: datetime | None = None

    def begin(self, look_back: timedelta) -> datetime | None:
        """Return the moment from which to read."""
        return self.at or (self.base and self.base - look_back)

    def written(self) -> str:
        """Return the position as text."""
        return "|".join(one.isoformat() if one else "" for one in (self.base, self.at, self.top))


@dataclass(slots=True)
class _Seen:
    """An object as it was read: when it had changed, when that was first seen, the page that settled it."""

    changed: datetime | None
    since: float
    settled: int | None = None


class Changes:
    """The reading side of one infobase. Thread-safe; `read` turns changed objects into what they tell."""

    def __init__(
        self,
        lists: Lists,
        settings: Dms1cSettings,
        read: Callable[[Sequence[Row]], Reading],
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._lists = lists
        self._settings = settings
        self._read = read
        self._clock = clock
        self._look_back = timedelta(seconds=settings.look_back)
        self._from = datetime.combine(settings.read_from, time_of_day()) if settings.read_from else None
        self._lock = threading.Lock()
        self._instance = uuid4().hex[:12]
        self._page = 0
        self._handed: dict[str, tuple[int, datetime]] = {}  # item's id → page, its stretch's latest change
        self._latest = _LONG_AGO
        self._seen: dict[tuple[str, str], _Seen] = {}
        self._pending: deque[Item] = deque()
        self._after = Position()
        self._more = False
        self._expected = ""  # the cursor that goes on with what is pending

    def page(self, cursor: str, limit: int) -> ChangePage:
        """Return the next page. Raises as `connector.sed.Sed` says."""
        with self._lock:
            position, stored = self._parse(cursor)
            if not self._pending or cursor != self._expected:
                self._fill(position, stored)
            items = [self._pending.popleft() for _n in range(min(max(limit, 1), len(self._pending)))]
            if items:
                self._page += 1
                self._handed |= {_id(item): (self._page, self._latest) for item in items}
                mark = f"{self._instance}.{self._page}"
            else:
                mark = cursor.rpartition("|")[2]
            if not self._pending:
                position = self._after
            self._expected = f"{position.written()}|{mark}"
            return ChangePage(
                tuple(item for item in items if isinstance(item, Event)),
                self._expected if position != Position() or items else cursor,
                more=bool(self._pending) or self._more,
                notes=tuple(item for item in items if isinstance(item, str)),
            )

    def _parse(self, cursor: str) -> tuple[Position, int]:
        """Return where a cursor stands and which page of this process was stored with it."""
        parts = cursor.split("|")
        if len(parts) != 4:
            return Position(), 0
        base, at, top, mark = parts
        instance, _dot, page = mark.partition(".")
        stored = int(page) if instance == self._instance and page.isdecimal() else 0
        return Position(read_moment(base), read_moment(at), read_moment(top)), stored

    def _fill(self, position: Position, stored: int) -> None:
        """Read the next stretch; what a stored page had is left out."""
        begin = position.begin(self._look_back) or self._from
        kinds = (INCOMING, TASK, OUTGOING) if self._settings.read_tasks else (INCOMING, OUTGOING)
        stretch = self._lists.stretch(kinds, self._conditions, begin)
        self._forget(begin)
        fresh = [row for row in stretch.rows if not self._is_quiet(row, stored)]
        told = self._read(fresh)
        items: list[Item] = [*in_order(told.events), *dict.fromkeys(told.notes)]
        known = {name for name, (page, _latest) in self._handed.items() if page <= stored}
        self._pending = deque(item for item in items if _id(item) not in known)
        latest = max((row.changed for row in stretch.rows if row.changed), default=None)
        self._latest = latest or _LONG_AGO
        now = datetime.now(UTC).astimezone(self._settings.zone).replace(tzinfo=None, microsecond=0)
        self._after = _next(position, stretch.next, latest, now)
        self._more = stretch.next is not None
        self._note_seen(fresh)

    def _conditions(self, kind: str) -> Iterator[Condition]:
        document_type = self._settings.document_type
        if kind == INCOMING and document_type is not None:
            wanted = self._lists.object_id(document_type.id, "DMIncomingDocumentType")
            yield Condition("documentType", wanted)
        if kind == TASK:
            yield Condition("withExecuted", value=True)

    # -- objects that stay as they are

    def _is_quiet(self, row: Row, stored: int) -> bool:
        """Whether an object told everything: read again long enough after its last change, and stored."""
        seen = self._seen.get((row.kind, row.object.id))
        if seen is None or seen.settled is None:
            return False
        return seen.changed == row.changed and seen.settled <= stored

    def _note_seen(self, rows: Sequence[Row]) -> None:
        now, page = self._clock(), self._page + len(self._pending)  # at the latest its pages end there
        for row in rows:
            name = (row.kind, row.object.id)
            seen = self._seen.get(name)
            if row.changed is None or seen is None or seen.changed != row.changed:
                self._seen[name] = _Seen(row.changed, now)
            elif now - seen.since >= self._settings.look_back:
                seen.settled = page

    def _forget(self, begin: datetime | None) -> None:
        """Drop what the look-back does not reach any more."""
        if begin is not None:
            self._seen = {name: one for name, one in self._seen.items() if (one.changed or begin) >= begin}
            self._handed = {name: told for name, told in self._handed.items() if told[1] >= begin}


def _next(position: Position, at: datetime | None, latest: datetime | None, now: datetime) -> Position:
    """Return the position after a stretch: the sweep's next one, or the end of the sweep."""
    if at is not None:
        return replace(position, at=at, top=position.top or now)
    end = latest or (position.at and position.at - timedelta(seconds=1))
    if end:  # a task may begin next week: what happens until then must not lie before the cursor
        end = min(end, position.top or now)
    return Position(base=max((one for one in (position.base, end) if one), default=None))


def _id(item: Item) -> str:
    return item.id if isinstance(item, Event) else f"note:{item}"
