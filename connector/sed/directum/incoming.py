"""What changed in Directum: cards, then letters, by their time of change with a look-back (sed.md 4, 6)."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import PurePosixPath

from config.i18n import _
from connector.appeal import Event, RemoteFile
from connector.sed import ChangePage
from connector.sed.directum import query
from connector.sed.directum.client import OData, Row, identity
from connector.sed.directum.cursor import Cursor, load
from connector.sed.directum.reading import Answer, events, moment
from connector.sed.directum.settings import DirectumSettings
from connector.sed.rows import UnreadableRowError

CARD_EXPAND = (
    "Assignee",
    "TransferredTo",
    "ProlongationDeadline",
    "AnswerLetter",
    "Questions($expand=Question)",
)
_VERSIONS = "Versions($expand=AssociatedApplication)"
_BATCH = 20  # ids in one filter: addresses have a longest length


class Incoming:
    """The reading half of the adapter. Keeps nothing: everything stands in the cursor."""

    def __init__(self, settings: DirectumSettings, odata: OData) -> None:
        self._settings = settings
        self._odata = odata

    def changes(self, cursor: str, limit: int) -> ChangePage:
        """Return the events of cards that changed. A card is never split: a page may exceed `limit`."""
        here = load(cursor)
        found: list[Event] = []
        notes: list[str] = []
        while True:
            rows = self._scan(here, max(1, min(limit, self._settings.page)))
            full = len(rows) >= max(1, min(limit, self._settings.page))
            here = self._take(here, rows, found, notes)
            if not full:
                here = here.next_scan(timedelta(seconds=self._settings.look_back))
            over = not full and here.scan == 0
            if over or found or notes:
                return ChangePage(tuple(found), here.dump(), not over, tuple(notes))

    def _scan(self, here: Cursor, top: int) -> list[Row]:
        """Return the next rows of the scan: cards, or letters."""
        settings = self._settings
        look_back = timedelta(seconds=settings.look_back)
        since = f"{settings.modified_field} ge {query.moment(here.since - look_back)}" if here.since else ""
        if here.scan == 0:
            where = query.every(since, f"startswith({settings.key_field},{query.text('pos:')})")
            return self._odata.page(settings.requests, where, after=here.after, expand=CARD_EXPAND, top=top)
        select = f"Id,{settings.modified_field}"
        return self._odata.page(settings.letters, since, after=here.after, select=select, top=top)

    def _take(self, here: Cursor, rows: Sequence[Row], found: list[Event], notes: list[str]) -> Cursor:
        """Read the events of the rows; return the cursor after them."""
        if not rows:
            return here
        tops = [one for row in rows if (one := _changed(row, self._settings))]
        cards = rows if here.scan == 0 else self._answered_by([identity(row) for row in rows])
        fresh: dict[str, tuple[str, str]] = {}
        seen = [card for card in cards if card.get(self._settings.state_field) != self._settings.draft_state]
        answers = self._answers(seen)
        for card in seen:
            told, note, digest = self._events(card, answers)
            if not here.knows(identity(card), digest) and str(identity(card)) not in fresh:
                found.extend(told)
                notes.extend(note)
            fresh[str(identity(card))] = (digest, max(tops, default=_NEVER).isoformat())
        return here.moved(identity(rows[-1]), max(tops, default=None), fresh)

    def _answered_by(self, letters: Sequence[int]) -> Iterator[Row]:
        """Yield our cards whose answer is one of the letters: a mark on a letter does not touch the card."""
        ours = f"startswith({self._settings.key_field},{query.text('pos:')})"
        for start in range(0, len(letters), _BATCH):
            these = [f"AnswerLetter/Id eq {letter}" for letter in letters[start : start + _BATCH]]
            where = query.every(query.any_of(these), ours)
            yield from self._odata.every(self._settings.requests, where, expand=CARD_EXPAND)

    def _events(self, card: Row, answers: Mapping[int, Answer]) -> tuple[tuple[Event, ...], list[str], str]:
        """Return what a card tells, or why it cannot be read, and the digest of that."""
        told: tuple[Event, ...] = ()
        notes = []
        try:
            told = events(card, answers.get(_letter_of(card)), self._settings)
        except UnreadableRowError as error:
            notes = [_("card {id}: {error}").format(id=card["Id"], error=error)]
        digest = hashlib.sha256("\0".join([*(event.id for event in told), *notes]).encode())
        return told, notes, digest.hexdigest()[:16]

    # ---- the answers

    def _answers(self, cards: Sequence[Row]) -> dict[int, Answer]:
        """Return the letters of cards with everything that can be opened, by their ids."""
        ids = sorted({one for card in cards if (one := _letter_of(card))})
        found: dict[int, Answer] = {}
        for start in range(0, len(ids), _BATCH):
            found |= self._answers_of(ids[start : start + _BATCH])
        return found

    def _answers_of(self, ids: Sequence[int]) -> dict[int, Answer]:
        settings = self._settings
        expand = [_VERSIONS, *(["DocumentKind"] if settings.answer_kinds else [])]
        these = query.any_of([f"Id eq {one}" for one in ids])
        letters = list(self._odata.every(settings.letters, these, expand=expand))
        led = query.any_of([f"{settings.lead_field}/Id eq {one}" for one in ids])
        added: dict[int, list[RemoteFile]] = {}
        for row in self._odata.every(settings.attachments, led, expand=[_VERSIONS, settings.lead_field]):
            lead = row.get(settings.lead_field)
            number = lead.get("Id") if isinstance(lead, Mapping) else None
            added.setdefault(number if isinstance(number, int) else 0, []).extend(
                self._files(settings.attachments, row)
            )
        return {
            identity(letter): Answer(
                letter, (*self._files(settings.letters, letter), *added.get(identity(letter), []))
            )
            for letter in letters
        }

    def _files(self, name: str, document: Row) -> Iterator[RemoteFile]:
        """Yield the last version of a document."""
        versions = [one for one in document.get("Versions") or [] if isinstance(one, Mapping) and "Id" in one]
        if not versions:
            return
        last = max(versions, key=lambda one: (one.get("Number") or 0, one["Id"]))
        application = last.get("AssociatedApplication")
        suffix = str(application.get("Extension") or "") if isinstance(application, Mapping) else ""
        title = str(document.get("Name") or document["Id"])
        if suffix and PurePosixPath(title).suffix.lower() != f".{suffix.lower()}":
            title = f"{title}.{suffix}"
        yield RemoteFile(ref=f"{name}/{identity(document)}/{int(last['Id'])}", name=title)


_NEVER = datetime.min.replace(tzinfo=UTC)


def _letter_of(card: Row) -> int:
    letter = card.get("AnswerLetter")
    number = letter.get("Id") if isinstance(letter, Mapping) else None
    return number if isinstance(number, int) else 0


def _changed(row: Row, settings: DirectumSettings) -> datetime | None:
    try:
        return moment(row.get(settings.modified_field))
    except UnreadableRowError:
        return None
