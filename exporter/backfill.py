"""Fills «Выгрузка в витрину ПОС» and «Статус ПОС» in the cards of a SED, from a day on.

Only empty fields are filled, so a run that was interrupted is simply run again: what it has written it finds
filled. A status that the table does not know is reported and never written.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from connector.appeal import Card, RubricValue
from connector.errors import ItemError
from connector.sed import CardQuery, Sed

EXPORT_FIELD = "Выгрузка в витрину ПОС"
STATUS_FIELD = "Статус ПОС"
YES = "Да"

StatusOf = Callable[[str], str | None]  # «Статус ССТУ» → «Статус ПОС», "" = not uploaded, None = unknown


class Fate(StrEnum):
    """What became of one question."""

    WRITTEN = "written"  # in a dry run: would be
    FILLED = "filled"  # already, by people or an earlier run
    NOT_YET = "not yet"  # its status is one without a «Статус ПОС»
    UNMAPPED = "unmapped"  # the table of statuses does not know its status
    FAILED = "failed"  # the SED refused


@dataclass(frozen=True, slots=True)
class Filled:
    """The report's line of one question."""

    card_file: str
    card: str
    question: str
    fate: Fate
    fields: tuple[tuple[str, str], ...] = ()
    note: str = ""


def backfill(
    sed: Sed,
    status_of: StatusOf,
    since: date,
    *,
    card_files: Sequence[str] = (),
    look_back: timedelta = timedelta(0),
    dry_run: bool = False,
) -> Iterator[Filled]:
    """Yield what became of each question whose rubric changed since the day, less the look-back.

    Raises ChannelError when the SED is away: what was written stays, the next run goes on.
    """
    for card_file in card_files or ("",):
        query = CardQuery((card_file,) if card_file else (), since - look_back)
        try:
            for card in sed.cards(query):
                for question in card.questions:
                    yield _question(sed, status_of, card, question, dry_run=dry_run)
        except ItemError as error:
            yield Filled(card_file, "", "", Fate.FAILED, note=error.sentence)


def _question(sed: Sed, status_of: StatusOf, card: Card, question: RubricValue, *, dry_run: bool) -> Filled:
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
    if not dry_run:
        try:
            sed.annotate(card.ref, question, fields)
        except ItemError as error:
            return Filled(*line, Fate.FAILED, note=error.sentence)
    return Filled(*line, Fate.WRITTEN, tuple(fields.items()))
