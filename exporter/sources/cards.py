"""Facts from the cards of a SED: one per rubric value, from any number of card files.

The category comes from the mart's table of the crosswalk, «Статус ПОС» from the card or, where it is empty,
from the table of statuses; what neither table knows is a problem of the row and never guessed.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from connector.appeal import Card, RubricValue
from connector.errors import ItemError
from connector.sed import CardQuery, Sed
from exporter.definitions import Dates, Definitions
from exporter.fact import Fact
from exporter.regions import region_by_name, region_by_oktmo, region_name
from exporter.row import Problem, Row
from mappings.codes import read_code
from mappings.crosswalk import Crosswalk, Outcome
from mappings.grid import as_text
from mappings.model import Message
from mappings.words import same_key

# Fields of a card beside those that every SED has, by our name → names that SEDs give them.
CARD_FIELDS: Mapping[str, tuple[str, ...]] = {
    "organisation": ("Организация", "organisation"),
    "region_name": ("Регион", "region"),
    "municipality": ("Муниципальное образование", "municipality"),
    "oktmo": ("ОКТМО", "oktmo"),
    "fias": ("ФИАС", "fias"),
    "channel": ("Вид доставки", "channel"),
    "kind": ("Вид обращения", "kind"),
}
MESSAGE_FIELDS = ("Сообщение ПОС №", "message")  # the platform's number of the message that became the card
_RATING = ("Оценка", "rating")
_FAST_TRACK = ("Фаст-трек", "fast_track")
_DELETED = ("Удалено", "deleted")
_REPEATED = ("Повторное", "Повторность", "repeated")
_WITHDRAWN = ("Отозвано", "withdrawn")
_CONFIDENTIAL = ("Конфиденциально", "ДСП", "confidential")
_EXPORT = ("Выгрузка в витрину ПОС", "export")
_YES = {"да", "yes", "true", "1", "+"}
_NO = {"нет", "no", "false", "0", "не выгружать"}
_CLOSED_WORDS = {
    same_key(word)
    for word in (
        "Отправлен ответ заявителю",
        "Отклонено модератором",
        "Направлено в подведомственную организацию",
    )
}


@dataclass(frozen=True, slots=True)
class CardSource:
    """Reads one SED. No card files = all that the SED has."""

    name: str  # of the SED in the configuration
    sed: Sed
    crosswalk: Crosswalk
    definitions: Definitions
    as_of: datetime
    card_files: tuple[str, ...] = ()
    changed_from: date | None = None
    cabinets: Mapping[str, int] = field(default_factory=dict)  # card file → cabinet
    cursors: Mapping[str, str] = field(default_factory=dict)  # card file → what was read up to
    reached: dict[str, str] = field(default_factory=dict)  # the same, after this reading

    def rows(self) -> Iterator[Row]:
        """Yield a row per rubric value. A card file that the SED refuses is one problem; the others go on.

        Raises ChannelError when the SED is away.
        """
        for card_file in self.card_files or ("",):
            try:
                for card in self.sed.cards(self._query(card_file)):
                    yield from self._rows_of(card)
                    if card.cursor:
                        self.reached[card_file] = card.cursor
            except ItemError as error:
                fact = Fact(source=self.name, card=f"#{card_file}", question="0", card_file=card_file)
                yield Row(fact, (Problem("card-file-refused", error.sentence, card_file),), card_file)

    def _query(self, card_file: str) -> CardQuery:
        cursor = self.cursors.get(card_file, "")
        files = (card_file,) if card_file else ()
        return CardQuery(files, None if cursor else self.changed_from, cursor=cursor)

    def _rows_of(self, card: Card) -> Iterator[Row]:
        place = f"{card.card_file} {card.ref.number or card.ref.id}".strip()
        if not card.questions:
            fact = Fact(source=self.name, card=card.ref.id, question="0", card_file=card.card_file)
            yield Row(fact, (Problem("no-question"),), place, card.ref.id)
        for question in card.questions:
            yield self._row(card, question, place)

    def _row(self, card: Card, question: RubricValue, place: str) -> Row:
        problems = [Problem("bad-value", value, name) for name, value in card.unread.items()]
        status = self._status(question, problems)
        withdrawn = _flag(card, _WITHDRAWN)
        closed = card.answered_at is not None or same_key(status) in _CLOSED_WORDS
        dates = Dates(card.received_at, card.due_at, card.answered_at, closed=closed, withdrawn=withdrawn)
        fact = replace(self._placed(card), question=question.id, status=status, result=question.result)
        fact = self._coded(fact, question, problems)
        fact = self._judged(fact, card, question, dates)
        fact = replace(fact, rating=_rating(card, problems), deleted=_flag(card, _DELETED))
        if _flag(card, _CONFIDENTIAL):
            problems.append(Problem("confidential"))
        if same_key(_field(card, _EXPORT)) in _NO:
            problems.append(Problem("withheld"))
        return Row(
            fact,
            tuple(problems),
            place,
            card.ref.id,
            closed=closed,
            withdrawn=withdrawn,
            message=message_of(card),
        )

    def _placed(self, card: Card) -> Fact:
        told = {name: _field(card, names) for name, names in CARD_FIELDS.items()}
        region = region_by_oktmo(told["oktmo"]) or region_by_name(told["region_name"])
        told["region_name"] = told["region_name"] or region_name(region)
        return Fact(
            source=self.name,
            card=card.ref.id,
            question="",
            card_file=card.card_file,
            cabinet=self.cabinets.get(card.card_file),
            region=region,
            fast_track=_flag(card, _FAST_TRACK),
            **told,  # type: ignore[arg-type]  # texts all
        )

    def _status(self, question: RubricValue, problems: list[Problem]) -> str:
        if question.platform_status:
            return question.platform_status
        if not question.status:
            return ""
        status = self.crosswalk.status(question.status)
        if status is None:
            problems.append(Problem("status-unknown", question.status))
        return status or ""

    def _coded(self, fact: Fact, question: RubricValue, problems: list[Problem]) -> Fact:
        reading = read_code(question.code)
        code = reading.code if reading else as_text(question.code)
        if not code:
            return fact
        message = Message(cabinet=str(fact.cabinet or ""), kind=fact.kind, region=fact.region_name)
        decision = self.crosswalk.mart(code, message)
        fact = replace(fact, code=code, mapping_version=self.crosswalk.version)
        if decision.outcome is Outcome.EXCLUDED:
            problems.append(Problem("withheld", code))
        names = decision.path
        return replace(
            fact, category=names[0] if names else "", subcategory=names[1] if len(names) > 1 else ""
        )

    def _judged(self, fact: Fact, card: Card, question: RubricValue, dates: Dates) -> Fact:
        repeated = self.definitions.repeated(
            dates.received, marked=_flag(card, _REPEATED), round_=_round(card), before=False
        )
        changed = [moment for moment in (question.changed_at, card.answered_at, card.received_at) if moment]
        return replace(
            fact,
            version=round(max(changed).timestamp() * 1_000_000) if changed else 0,
            received_at=dates.received,
            due_at=dates.due,
            answered_at=dates.answered,
            overdue=self.definitions.face(dates, self.as_of).overdue,
            repeated=repeated,
            new=self.definitions.new(dates.received, repeated=repeated, withdrawn=dates.withdrawn),
            round=_round(card),
        )


def _field(card: Card, names: tuple[str, ...]) -> str:
    return next((card.fields[name].strip() for name in names if card.fields.get(name)), "")


def _flag(card: Card, names: tuple[str, ...]) -> bool:
    return same_key(_field(card, names)) in _YES


def message_of(card: Card) -> str:
    """Return what ties a card to a message of the exchange: its key, else the platform's number."""
    return card.key or _field(card, MESSAGE_FIELDS)


def _rating(card: Card, problems: list[Problem]) -> int | None:
    told = _field(card, _RATING)
    if told in {"", "-"}:
        return None
    if told in {"1", "2", "3", "4", "5"}:
        return int(told)
    problems.append(Problem("bad-value", told, "rating"))
    return None


def _round(card: Card) -> int:
    """The round that the idempotency key names; a card of another origin is in its first."""
    last = card.key.rpartition(":")[2]
    return int(last) if card.key.startswith("pos:") and last.isdecimal() else 1
