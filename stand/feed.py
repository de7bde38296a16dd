"""Real requests as messages: reads a CSV row by row and makes messages and clerks' decisions of it.

Nothing is guessed: what cannot be read is left out of the message and reported with its row and column;
only a row without a usable id or creation date makes no message at all.
"""

import csv
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from config.i18n import _
from stand.columns import ColumnMap, load_map
from stand.platform.dictionaries import Dictionaries, default_dictionaries
from stand.words import Cabinet, Case, Decision, DecisionKind, Message, Official, Round


def open_feed(path: Path, map_name: str, cabinets: Sequence[Cabinet]) -> "Feed":
    """Return the feed of a file by a column map's name or path. Raises ColumnMapError."""
    return Feed(path, load_map(map_name), cabinets, Dictionaries(default_dictionaries().regions))


def write_oddities(oddities: Sequence["Oddity"], path: Path) -> None:
    """Write the report of odd cells as a CSV for a spreadsheet: no cell of the feed is quoted in it."""
    with path.open("w", encoding="utf-8-sig", newline="") as lines:
        writer = csv.writer(lines, delimiter=";")
        writer.writerow((_("line"), _("column"), _("what is odd")))
        writer.writerows((odd.row, _plain(odd.column), odd.what) for odd in oddities)


def _plain(text: str) -> str:
    return f"'{text}" if text[:1] in ("=", "+", "-", "@") else text


class FeedError(Exception):
    """A file that cannot be a feed at all; the text says why."""


@dataclass(frozen=True, slots=True)
class Oddity:
    """Something odd in one cell (or row): what it is and what was done about it."""

    row: int  # line of the record in the file, the header is 1
    column: str
    what: str


class _SkipRowError(Exception):
    """This row makes no message; the reason was reported."""


class Feed:
    """The messages of a CSV file. `oddities` grows while `cases` is read."""

    def __init__(
        self, path: Path, columns: ColumnMap, cabinets: Sequence[Cabinet], dictionaries: Dictionaries
    ) -> None:
        self.path = path
        self.oddities: list[Oddity] = []
        self.map = columns
        self._cabinets = cabinets
        self._by_value: dict[str, Cabinet] = {}
        self.dictionaries = dictionaries
        self.zone = ZoneInfo(columns.source.time_zone)
        self.seen: set[int] = set()

    def cases(self, limit: int | None = None) -> Iterator[Case]:
        """Yield at most `limit` messages. Raises FeedError when the file has no such columns."""
        source = self.map.source
        try:
            with self.path.open(encoding=source.encoding, errors="replace", newline="") as lines:
                reader = csv.DictReader(lines, delimiter=source.delimiter, restkey="", restval="")
                self._check_header(reader.fieldnames or ())
                made = 0
                for row in reader:
                    if limit is not None and made >= limit:
                        return
                    try:
                        yield _Row(self, row, reader.line_num).case()
                        made += 1
                    except _SkipRowError:
                        continue
        except (OSError, LookupError, csv.Error) as error:
            raise FeedError(
                _("feed {path} cannot be read: {error}").format(path=self.path, error=error)
            ) from error

    def _check_header(self, names: Sequence[str]) -> None:
        missing = sorted(self.map.columns() - set(names))
        if missing:
            raise FeedError(
                _("feed {path} has no column {names}: correct the column map").format(
                    path=self.path, names=", ".join(missing)
                )
            )

    def cabinet(self, value: str) -> Cabinet:
        """Return the cabinet for a value of the `cabinet` column: in turn, one value always the same."""
        if value not in self._by_value:
            self._by_value[value] = self._cabinets[len(self._by_value) % len(self._cabinets)]
        return self._by_value[value]


class _Row:
    """One record of the file."""

    def __init__(self, feed: Feed, cells: Mapping[str, Any], line: int) -> None:
        self._feed = feed
        self._map = feed.map
        self._line = line
        if cells.get(""):
            self._odd("", _("more cells than columns: the rest is left out"))
        empty = set(self._map.source.empty)
        self._cells = {
            name: "" if str(value).strip() in empty else str(value).strip()
            for name, value in cells.items()
            if name
        }
        if any("\ufffd" in value for value in self._cells.values()):
            self._odd("", _("letters that are not in the file's encoding"))

    def case(self) -> Case:
        message_id = self._id()
        created = self._moment(self._map.message.created)
        if created is None:
            self._odd(self._map.message.created, _("no creation date: the row makes no message"))
            raise _SkipRowError
        due = self._due(created)
        cabinet = self._feed.cabinet(self._cell(self._map.message.cabinet))
        number = f"{cabinet.opa_id}-{message_id}"
        wire = {
            "id": message_id, "regNumber": number, "regNumberSetAt": _iso(created), **self._matter(),
            "createdAt": _iso(created), "answerAt": _iso(due or created + timedelta(days=30)),
            "fastTrack": False, "shared": False, **self._where(cabinet), **self._who(),
            "customFieldValues": [],
        }  # fmt: skip
        message = Message(message_id, cabinet.opa_id, number, json.dumps(wire, ensure_ascii=False))
        return Case(message, (Round(self._decisions(created, due)),))

    # ---- what the citizen wrote

    def _id(self) -> int:
        column = self._map.message.id
        text = self._cell(column)
        if not re.fullmatch(r"[0-9]{1,15}", text) or int(text) == 0:
            self._odd(column, _("the id is not a whole number: the row makes no message"))
            raise _SkipRowError
        if int(text) in self._feed.seen:
            self._odd(column, _("the id occurred before: the row makes no message"))
            raise _SkipRowError
        self._feed.seen.add(int(text))
        return int(text)

    def _due(self, created: datetime) -> datetime | None:
        due = self._moment(self._map.message.due)
        if due is not None and due < created:
            self._odd(self._map.message.due, _("due before it was created: the due date is left out"))
            return None
        return due

    def _matter(self) -> dict[str, Any]:
        columns = self._map.message
        parts = {name: self._cell(name) for name in re.findall(r"{([^{}]+)}", columns.text)}
        text = re.sub(r"{([^{}]+)}", lambda found: parts[found[1]], columns.text)
        matter: dict[str, Any] = {"description": re.sub(r"[ \t]+", " ", text).strip()}
        subject, subsubject = self._cell(columns.subject), self._cell(columns.subsubject)
        for column, value in ((columns.subject, subject), (columns.subsubject, subsubject)):
            if column and not value:
                self._odd(column, _("no category: it is left out of the message"))
        if subject:
            ids = self._feed.dictionaries.category(subject, subsubject)
            matter |= {"subjectId": ids[0], "subjectName": subject}
            if subsubject:
                matter |= {"subsubjectId": ids[1], "subsubjectName": subsubject}
        if channel := self._cell(columns.channel):
            matter["channel"] = channel
        return matter

    def _where(self, cabinet: Cabinet) -> dict[str, Any]:
        columns = self._map.message
        address = ", ".join(filter(None, map(self._cell, columns.address)))
        where: dict[str, Any] = {"opaId": cabinet.opa_id, "opaName": cabinet.name}
        where |= {"regionId": cabinet.region_guid, "regionName": cabinet.region}
        if address:
            where["address"] = address
        location = {name: self._cell(column) or None for name, column in columns.location.items()}
        latitude = self._degrees(columns.latitude, 90)
        longitude = self._degrees(columns.longitude, 180)
        if latitude is not None and longitude is not None:
            where["coordinates"] = f"{latitude},{longitude}"
            location |= {"geoLat": str(latitude), "geoLon": str(longitude)}
        elif (latitude is None) != (longitude is None):
            self._odd(columns.latitude, _("half a pair of coordinates: both are left out"))
        if any(location.values()):
            where["locationAddress"] = location
        return where

    def _who(self) -> dict[str, Any]:
        person = {name: value for name, value in self._map.applicant.model_dump().items() if value}
        return {"applicant": {**person, "sendWithRussiaPost": False}}

    # ---- what clerks did

    def _decisions(self, created: datetime, due: datetime | None) -> tuple[Decision, ...]:
        columns = self._map.decision
        status = self._cell(columns.status)
        register = Decision(DecisionKind.REGISTER, deadline=due.date() if due else None)
        if status not in columns.closed_statuses:
            return (register, *self._open(status, created, due))
        closed = self._closed(created)
        resolution = self._cell(columns.resolution)
        if not resolution:
            self._odd(columns.resolution, _("closed without a resolution: there is nothing to answer with"))
            return (register, self._assign(due))
        return self._final(register, resolution, closed, due)

    def _final(
        self, register: Decision, resolution: str, closed: datetime | None, due: datetime | None
    ) -> tuple[Decision, ...]:
        outcome = self._map.decision.outcome(resolution)
        if outcome == "refuse":
            return (Decision(DecisionKind.REFUSE, text=resolution, code=100),)
        if outcome == "redirect":
            organisation = self._cell(self._map.decision.organisation) or resolution
            return (register, Decision(DecisionKind.REDIRECT, at=closed, organisation=organisation))
        late: tuple[Decision, ...] = ()
        if due and closed and closed.date() > due.date():
            late = (
                self._assign(due),
                Decision(DecisionKind.PROLONG, deadline=closed.date(), **self._people()),
            )
        answer = Decision(
            DecisionKind.ANSWER,
            at=closed,
            text=resolution,
            solved=outcome == "solved",
            manager=self._official(),
        )
        return (register, *late, answer)

    def _open(self, status: str, created: datetime, due: datetime | None) -> tuple[Decision, ...]:
        columns = self._map.decision
        if status not in columns.open:
            self._odd(columns.status, _("unknown status: the card is only registered"))
        closed = self._moment(columns.closed)
        if closed is not None:
            self._odd(columns.closed, _("a closing date although it is not closed: no answer is made of it"))
            if closed < created:
                self._odd(columns.closed, _("closed before it was created"))
        return (self._assign(due),) if "assign" in columns.open.get(status, ()) else ()

    def _closed(self, created: datetime) -> datetime | None:
        column = self._map.decision.closed
        closed = self._moment(column)
        if closed is None:
            self._odd(column, _("closed without a date: the answer bears the date of the run"))
            return None
        if closed < created:
            self._odd(column, _("closed before it was created"))
            return None  # the answer bears the date of the run
        return closed

    def _assign(self, due: datetime | None) -> Decision:
        return Decision(DecisionKind.ASSIGN, deadline=due.date() if due else None, **self._people())

    def _people(self) -> dict[str, Any]:
        return {"executors": (self._official(),), "manager": self._official()}

    def _official(self) -> Official:
        post = self._cell(self._map.decision.organisation) or "Исполнитель"
        return Official("Стендов", "Стенд", "Стендович", post, "clerk@example.org")

    # ---- cells

    def _cell(self, column: str) -> str:
        return self._cells.get(column, "") if column else ""

    def _odd(self, column: str, what: str) -> None:
        self._feed.oddities.append(Oddity(self._line, column, what))

    def _moment(self, column: str) -> datetime | None:
        text = self._cell(column)
        if not text:
            return None
        for form in self._map.source.date_formats:
            try:
                local = datetime.strptime(text, form).replace(tzinfo=self._feed.zone)
            except ValueError:
                continue
            moment = local.astimezone(UTC)
            if moment.astimezone(local.tzinfo).replace(tzinfo=None) != local.replace(tzinfo=None):
                self._odd(column, _("no such local time: the clock was put forward over it"))
            return moment
        self._odd(column, _("not a date in one of the map's formats: it is left out"))
        return None

    def _degrees(self, column: str, most: int) -> float | None:
        text = self._cell(column)
        if not text:
            return None
        try:
            degrees = float(text.replace(",", "."))
        except ValueError:
            degrees = 1000.0
        if not abs(degrees) <= most:  # NaN too
            self._odd(column, _("not a coordinate: it is left out"))
            return None
        return degrees


def _iso(moment: datetime) -> str:
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"
