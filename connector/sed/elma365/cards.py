"""Cards for the mart: rows of the app of appeals, each with its rows of the app of questions."""

from collections.abc import Callable, Iterable, Iterator, Sequence

from config.i18n import _
from connector.appeal import Card
from connector.errors import PermanentError
from connector.sed import CardQuery
from connector.sed.elma365.client import Api, Row, identity
from connector.sed.elma365.query import changed_since, moment, one_of
from connector.sed.elma365.reading import Statuses, card
from connector.sed.elma365.settings import ElmaSettings

_BATCH = 50  # rows whose questions are asked for at once


class Cards:
    """Reads cards. Thread-safe. `statuses_for` returns the app's statuses that rows bear."""

    def __init__(
        self, settings: ElmaSettings, api: Api, statuses_for: Callable[[Sequence[Row]], Statuses]
    ) -> None:
        self._settings = settings
        self._api = api
        self._statuses_for = statuses_for

    def every(self, query: CardQuery) -> Iterator[Card]:
        """Yield the cards that a query wants. Raises PermanentError for a card file that is not this app."""
        for name in query.card_files:
            if name != self._settings.card_file:
                sentence = _("ELMA365: this app is the card file “{own}”, not “{name}”: see card_file")
                raise PermanentError(
                    sentence.format(own=self._settings.card_file, name=name), field="card_files"
                )
        for rows in _batches(self._each_once(self._changed(query))):
            yield from self._told(rows)

    def _each_once(self, rows: Iterable[Row]) -> Iterator[Row]:
        told: set[str] = set()
        for row in rows:
            if identity(row) not in told and not self._is_beginning(row):
                told.add(identity(row))
                yield row

    def _changed(self, query: CardQuery) -> Iterator[Row]:
        """Yield the rows that changed since a day, then those of questions that did."""
        day, app = query.rubric_changed_from, self._settings.app
        if day is None:
            yield from self._api.rows(app, what=_("the cards"))
            return
        since = changed_since(moment(self._settings.midnight(day)))
        yield from self._api.rows(app, since, what=_("the cards"))
        field = self._settings.question_fields["appeal"]
        for rows in _batches(self._api.rows(self._settings.questions, since, what=_("the questions"))):
            ids = {str(row.get(field)) for row in rows}
            yield from self._api.rows(app, one_of("__id", sorted(ids)), what=_("the cards"))

    def _told(self, rows: Sequence[Row]) -> Iterator[Card]:
        if not rows:
            return
        codes = self._settings.question_fields
        where = one_of(codes["appeal"], [identity(row) for row in rows])
        found: dict[str, dict[object, Row]] = {}
        for one in self._api.rows(self._settings.questions, where, what=_("the questions")):
            mine = found.setdefault(str(one.get(codes["appeal"])), {})
            ordinal = one.get(codes["ordinal"])
            place = ordinal if isinstance(ordinal, int) else identity(one)
            first = mine.get(place)  # a question that was doubled by a lost answer counts once
            mine[place] = min(one, first, key=_age) if first else one
        statuses = self._statuses_for(rows)
        for row in rows:
            questions = sorted(found.get(identity(row), {}).values(), key=self._order)
            yield card(row, questions, statuses, self._settings)

    def _order(self, row: Row) -> tuple[int, str]:
        ordinal = row.get(self._settings.question_fields["ordinal"])
        return ordinal if isinstance(ordinal, int) else 0, _age(row)

    def _is_beginning(self, row: Row) -> bool:
        fields = self._settings.fields
        return bool(row.get(fields["key"])) and row.get(fields["ready"]) is not True


def _age(row: Row) -> str:
    return f"{row.get('__createdAt') or ''} {identity(row)}"


def _batches(rows: Iterable[Row]) -> Iterator[list[Row]]:
    batch: list[Row] = []
    for row in rows:
        batch.append(row)
        if len(batch) == _BATCH:
            yield batch
            batch = []
    if batch:
        yield batch
