"""What changed in ELMA365: rows by the server's own time of change, with a look-back.

Times may be as coarse as a second and a row may be committed late, so the window is always read again; a row
is told when what it tells is not what it told before.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from config.i18n import _
from connector.appeal import Event, RemoteFile
from connector.errors import PermanentError
from connector.sed import ChangePage
from connector.sed.elma365.client import Api, Row, identity
from connector.sed.elma365.query import UPDATED, Filter, changed_since, equal
from connector.sed.elma365.query import moment as written
from connector.sed.elma365.reading import Statuses, events
from connector.sed.elma365.settings import ElmaSettings
from connector.sed.rows import UnreadableRowError, moment


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where reading stands: the latest change that was read, and what rows of the window told last."""

    since: datetime | None = None
    told: Mapping[str, tuple[str, str]] = field(default_factory=dict)  # row → digest, its time

    def dump(self) -> str:
        """Return the text that the journal keeps; "" for the beginning."""
        if self == Cursor():
            return ""
        body = {"since": self.since.isoformat() if self.since else "", "told": dict(self.told)}
        return json.dumps({"v1": body}, separators=(",", ":"), sort_keys=True)

    def kept(self, look_back: timedelta) -> "Cursor":
        """Return the cursor without rows that fell out of the window."""
        if self.since is None:
            return self
        floor = (self.since - look_back).isoformat()
        return Cursor(self.since, {row: one for row, one in self.told.items() if one[1] >= floor})


def load(text: str) -> Cursor:
    """Return the cursor of a text. Raises PermanentError for one that is not ours."""
    if not text:
        return Cursor()
    try:
        body = json.loads(text)["v1"]
        told = {str(row): (str(digest), str(when)) for row, (digest, when) in body["told"].items()}
        return Cursor(datetime.fromisoformat(body["since"]) if body["since"] else None, told)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise PermanentError(_("the cursor of this SED is not readable"), code="cursor") from error


class Incoming:
    """The reading half of the adapter. Keeps nothing of a conversation: everything stands in the cursor."""

    def __init__(self, settings: ElmaSettings, api: Api) -> None:
        self._settings = settings
        self._api = api
        self._statuses: Statuses = {}

    def statuses_for(self, rows: Sequence[Row]) -> Statuses:
        """Return the app's statuses, asked for again when a row bears one that is not known."""
        used = {(row.get("__status") or {}).get("status") for row in rows}
        if used - {None} - self._statuses.keys():
            self._statuses = self._api.statuses(self._settings.app)
        return self._statuses

    def changes(self, cursor: str, limit: int) -> ChangePage:
        """Return what rows that changed tell, at most `limit` rows of them."""
        here = load(cursor)
        look_back = timedelta(seconds=self._settings.look_back)
        window = [changed_since(written(here.since - look_back))] if here.since else []
        found: list[Event] = []
        notes: list[str] = []
        count = 0
        for row in self._rows(window):
            told, note, digest = self._read(row)
            before = here.told.get(identity(row), ("", ""))[0]
            if digest != before:
                if count >= max(1, limit):
                    return self._page(found, here, notes, more=True)
                count += 1
                found += [self._named(event) for event in told]
                notes += note
            here = _moved(here, row, digest)
        return self._page(found, here.kept(look_back), notes, more=False)

    @staticmethod
    def _page(found: list[Event], here: Cursor, notes: list[str], *, more: bool) -> ChangePage:
        return ChangePage(tuple(found), here.dump(), more, tuple(notes))

    def _rows(self, window: Sequence[Filter]) -> Iterator[Row]:
        ready = equal(self._settings.fields["ready"], True)
        yield from self._api.rows(self._settings.app, ready, *window, what=_("the changes"))

    def _read(self, row: Row) -> tuple[tuple[Event, ...], list[str], str]:
        """Return what a row tells, or why it cannot be read, and the digest of that."""
        told: tuple[Event, ...] = ()
        notes = []
        try:
            told = events(row, self.statuses_for([row]), self._settings)
        except UnreadableRowError as error:
            notes = [_("card {id}: {error}").format(id=identity(row), error=error)]
        digest = hashlib.sha256("\0".join([*(event.id for event in told), *notes]).encode())
        return told, notes, digest.hexdigest()[:16]

    def _named(self, event: Event) -> Event:
        """Return the event with the names of its files, asked for only when it is told."""
        if not event.files:
            return event
        files = []
        for file in event.files:
            name, size = self._api.file_name(file.ref)
            files.append(RemoteFile(ref=file.ref, name=name, size=size))
        return replace(event, files=tuple(files))


def _moved(here: Cursor, row: Row, digest: str) -> Cursor:
    try:
        when = moment(row[UPDATED])
    except UnreadableRowError:  # it was noted, which is remembered for good
        return Cursor(here.since, {**here.told, identity(row): (digest, "9999")})
    since = max(when, here.since) if here.since else when
    return Cursor(since, {**here.told, identity(row): (digest, when.isoformat())})
