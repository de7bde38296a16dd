"""Fills «Выгрузка в витрину ПОС» and «Статус ПОС» in the cards of a SED, from a day on.

Only empty fields are filled, so a run that was interrupted is simply run again: what it has written it finds
filled. A status that the table does not know is reported and never written.
"""

import pickle
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from enum import StrEnum
from typing import Self
from zoneinfo import ZoneInfo

from config.i18n import _
from config.load import SettingsError
from config.settings import Settings
from connector.appeal import Card, CardRef, RubricValue
from connector.errors import ItemError
from connector.sed import CardQuery, Sed
from exporter.opening import card_source

EXPORT_FIELD = "Выгрузка в витрину ПОС"
STATUS_FIELD = "Статус ПОС"
YES = "Да"
_IN_MEMORY = 1 << 23  # bytes

StatusOf = Callable[[str], str | None]  # «Статус ССТУ» → «Статус ПОС», "" = not uploaded, None = unknown


class Fate(StrEnum):
    """What became of one question."""

    WRITTEN = "written"  # in a dry run: would be
    FILLED = "filled"  # already, by people or an earlier run
    NOT_YET = "not yet"  # its status is one without a «Статус ПОС»
    UNMAPPED = "unmapped"  # the table of statuses does not know its status
    FAILED = "failed"  # the SED refused

    @property
    def to_mend(self) -> bool:
        """Whether a person has to do something about it."""
        return self in (Fate.UNMAPPED, Fate.FAILED)

    def word(self, *, dry_run: bool) -> str:
        """Say it in the language of the moment."""
        return {
            Fate.WRITTEN: _("would be written") if dry_run else _("written"),
            Fate.FILLED: _("filled already"),
            Fate.NOT_YET: _("not registered yet"),
            Fate.UNMAPPED: _("the status is not in the table"),
            Fate.FAILED: _("the SED refused"),
        }[self]


@dataclass(frozen=True, slots=True)
class Filled:
    """The report's line of one question."""

    card_file: str
    card: str
    question: str
    fate: Fate
    fields: tuple[tuple[str, str], ...] = ()
    note: str = ""


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be filled: questions whose rubric changed since a day, of these card files (none = all)."""

    since: date
    card_files: tuple[str, ...] = ()
    dry_run: bool = False


def fill(settings: Settings, name: str, wish: Wish) -> Iterator[Filled]:
    """Do it in the SED of a section. Raises SettingsError where it takes no fields, ChannelError."""
    moment = datetime.now(UTC)
    with card_source(settings, name, wish.card_files, moment) as source:
        if not source.sed.capabilities.annotate:
            raise SettingsError(f"sed.{name}", [_("this kind of SED takes no fields of a card from outside")])
        yield from backfill(
            source.sed,
            source.crosswalk.status,
            wish.since,
            card_files=source.card_files,
            zone=source.definitions.zone,
            dry_run=wish.dry_run,
        )


def backfill(
    sed: Sed,
    status_of: StatusOf,
    since: date,
    *,
    zone: ZoneInfo,
    card_files: Sequence[str] = (),
    dry_run: bool = False,
) -> Iterator[Filled]:
    """Yield what became of each question whose rubric changed since the day, by local time.

    Raises ChannelError when the SED is away: what was written stays, the next run goes on.
    """
    start = datetime.combine(since, time(), zone).astimezone(UTC)
    for card_file in card_files or ("",):
        with _Waiting() as waiting:
            try:
                for card in sed.cards(CardQuery((card_file,) if card_file else (), since)):
                    for question in card.questions:
                        if not _before(card, question, start):
                            waiting.put(card, question, _judged(status_of, card, question))
            except ItemError as error:
                waiting.put(None, None, Filled(card_file, "", "", Fate.FAILED, note=error.sentence))
            for ref, question, line in waiting.taken():
                yield line if dry_run or ref is None else _written(sed, ref, question, line)


class _Waiting:
    """What is to be done with a card file, on the disk until it was read to its end.

    Many databases let nobody write beside a reader: they would wait for each other for ever.
    """

    def __init__(self) -> None:
        self._file = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115 - closed on exit

    def put(self, card: Card | None, question: RubricValue | None, line: Filled) -> None:
        """Keep one question; without a card it is only reported."""
        wanted = card is not None and line.fate is Fate.WRITTEN
        pickle.dump((card.ref, question, line) if card and wanted else (None, None, line), self._file)

    def taken(self) -> Iterator[tuple[CardRef | None, RubricValue, Filled]]:
        """Yield everything that was kept."""
        self._file.seek(0)
        while True:
            try:
                yield pickle.load(self._file)  # noqa: S301 - what this process wrote a moment ago
            except EOFError:
                return

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self._file.close()


def _before(card: Card, question: RubricValue, start: datetime) -> bool:
    """A SED may give more than was asked for (open cards always): what is older stays as it is."""
    moment = question.changed_at or card.received_at
    return moment is not None and moment < start


def _judged(status_of: StatusOf, card: Card, question: RubricValue) -> Filled:
    """Say what is to become of a question; WRITTEN bears the fields."""
    line = (card.card_file, card.ref.number or card.ref.id, question.id)
    export, status = card.fields.get(EXPORT_FIELD, ""), question.platform_status
    if export and status:
        return Filled(*line, Fate.FILLED)
    told = status or status_of(question.status)
    if told is None:
        return Filled(*line, Fate.UNMAPPED, note=question.status)
    if not told:
        return Filled(*line, Fate.NOT_YET, note=question.status)
    fields = {} if export else {EXPORT_FIELD: YES}
    if not status:
        fields[STATUS_FIELD] = told
    return Filled(*line, Fate.WRITTEN, tuple(fields.items()))


def _written(sed: Sed, ref: CardRef, question: RubricValue, line: Filled) -> Filled:
    try:
        sed.annotate(ref, question, dict(line.fields))
    except ItemError as error:
        return replace(line, fate=Fate.FAILED, fields=(), note=error.sentence)
    return line
