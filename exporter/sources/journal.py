"""Facts from the journal of the exchange: one per question of every round of a message."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import chain, islice
from zoneinfo import ZoneInfo

from connector.appeal import Appeal, Applicant, Event, EventKind, Question, Territory
from connector.journal.journal import Journal
from connector.journal.ratings import Rating
from connector.journal.records import StoredRound
from connector.lifecycle import State
from exporter.applicants import Applicants
from exporter.definitions import Dates, Definitions
from exporter.fact import Fact
from exporter.regions import region_by_name, region_by_oktmo, region_name
from exporter.row import Problem, Row

NAME = "journal"
_BATCH = 500
_MAPPING_VERSION = re.compile(r"\bmapping version (\d+)")

# The state of a round in the platform's words (protocols: platform, sections 1.4 and 4). Before the SED has
# registered it there is none, as with the two statuses of ССТУ before registration.
PLATFORM_STATUS: Mapping[State, str] = {
    State.REGISTERED: "Назначен исполнитель",
    State.IN_WORK: "Назначен исполнитель",
    State.ANSWERED: "Отправлен ответ заявителю",
    State.REFUSED: "Отклонено модератором",
    State.REDIRECTED: "Направлено в подведомственную организацию",
}
POSTPONED = "Перенос срока обработки утвержден. Отправлен ответ Заявителю"


@dataclass(frozen=True, slots=True)
class CabinetFacts:
    """What the configuration knows of a cabinet and a fact wants to say."""

    name: str = ""
    card_file: str = ""


@dataclass(frozen=True, slots=True)
class JournalSource:
    """Reads the journal of the configuration; `as_of` is the moment at which overdue is judged."""

    journal: Journal
    definitions: Definitions
    applicants: Applicants
    as_of: datetime
    cabinets: Mapping[int, CabinetFacts] = field(default_factory=dict)
    changed_from: datetime | None = None
    name: str = NAME

    def rows(self) -> Iterator[Row]:
        """Yield a row per question; a message that could not be read yields one that says so."""
        for one in self.journal.rounds():
            self._remember(one)
        rounds = self._rounds()
        while batch := list(islice(rounds, _BATCH)):
            told = self._events(batch)
            ratings = self.journal.ratings([one.message_id for one in batch])
            for one in batch:
                rated = ratings.get(one.message_id)
                for row in self._rows_of(one, told.get(one.message_id, [])):
                    yield _rated(row, rated) if rated else row

    def _rounds(self) -> Iterator[StoredRound]:
        """Time alone makes an open one overdue: those are always read, finished ones when they changed."""
        if self.changed_from is None:
            return self.journal.rounds()
        finished = [state for state in State if state.final]
        open_ones = self.journal.rounds(states=[state for state in State if not state.final])
        changed = self.journal.rounds(states=finished, changed_from=self.changed_from)
        return chain(open_ones, changed, self._rated(self.changed_from))

    def _rated(self, since: datetime) -> Iterator[StoredRound]:
        """Yield what was finished before and is rated since."""
        if ids := self.journal.rated_since(since):
            rounds = self.journal.rounds(message_ids=ids)
            yield from (one for one in rounds if one.state.final and one.state_since < since)

    def _events(self, batch: list[StoredRound]) -> dict[int, list[Event]]:
        told: dict[int, list[Event]] = {}
        ids = [one.message_id for one in batch]
        for message_id, event in self.journal.events_of(ids, (EventKind.EXTENDED, EventKind.ANSWER)):
            told.setdefault(message_id, []).append(event)
        return told

    def _remember(self, one: StoredRound) -> None:
        if one.appeal is None:
            return
        for question in one.appeal.questions:
            fact = placed(one.appeal, question)
            digests = self.applicants.digests(_people(one.appeal), fact)
            self.applicants.add(digests, one.appeal.created_at, one.platform_id)

    def _rows_of(self, one: StoredRound, events: list[Event]) -> Iterator[Row]:
        place = f"{one.opa_id}/{one.platform_id}/{one.round}"
        if one.appeal is None:
            fact = Fact(source=NAME, card=one.key, question="0", cabinet=one.opa_id, round=one.round)
            yield Row(fact, (Problem("unreadable-card"),), place, one.platform_id)
            return
        dates = self._dates(one, one.appeal, events)
        problems = (Problem("confidential"),) if one.appeal.confidential else ()
        for question in one.appeal.questions:
            fact = self._fact(one, one.appeal, question, dates, events)
            yield Row(fact, problems, place, one.platform_id, closed=dates.closed)

    def _dates(self, one: StoredRound, appeal: Appeal, events: list[Event]) -> Dates:
        new_dues = [event.deadline for event in events if event.kind is EventKind.EXTENDED and event.deadline]
        due = _end_of(max(new_dues), self.definitions.zone) if new_dues else appeal.due_at
        answered = one.answered_at or (one.state_since if one.state.final else None)
        return Dates(appeal.created_at, due, answered, closed=one.state.final)

    def _fact(
        self, one: StoredRound, appeal: Appeal, question: Question, dates: Dates, events: list[Event]
    ) -> Fact:
        cabinet = self.cabinets.get(one.opa_id, CabinetFacts())
        fact = placed(appeal, question)
        repeated = self._repeated(one, appeal, fact)
        return replace(
            fact,
            card=one.key,
            version=_micros(max(one.state_since, one.answered_at or one.state_since)),
            cabinet=one.opa_id,
            organisation=cabinet.name,
            card_file=cabinet.card_file,
            received_at=dates.received,
            due_at=dates.due,
            answered_at=dates.answered,
            status=_status(one.state, events),
            result=_result(one.state, events),
            overdue=self.definitions.face(dates, self.as_of).overdue,
            repeated=repeated,
            new=self.definitions.new(dates.received, repeated=repeated, withdrawn=False),
            round=one.round,
        )

    def _repeated(self, one: StoredRound, appeal: Appeal, fact: Fact) -> bool:
        window = timedelta(days=self.definitions.at(appeal.created_at).repeated.window_days)
        digests = self.applicants.digests(_people(appeal), fact)
        before = self.applicants.before(digests, appeal.created_at, one.platform_id, window)
        return self.definitions.repeated(appeal.created_at, marked=False, round_=one.round, before=before)


def _rated(row: Row, rated: Rating) -> Row:
    fact = row.fact
    version = max(fact.version, _micros(rated.at))
    return replace(row, fact=replace(fact, rating=rated.value, version=version))


def placed(appeal: Appeal, question: Question) -> Fact:
    """Return the part of a fact that says where and about what; the key's card is filled in later."""
    category, where = question.category, appeal.territory
    version = _MAPPING_VERSION.search(question.code_why)
    region = region_by_oktmo(where.oktmo) or region_by_name(where.region)
    return Fact(
        source=NAME,
        card="",
        question=str(question.ordinal),
        region=region,
        region_name=where.region or region_name(region),
        municipality=where.municipality,
        oktmo=where.oktmo,
        fias=_fias(where),
        category=category.subject,
        subcategory=category.subsubject,
        code=question.code,
        mapping_version=int(version[1]) if version else 0,
        kind=str(appeal.kind),
        channel=appeal.channel,
        fast_track=appeal.fast_track,
    )


def _fias(where: Territory) -> str:
    """Beside an address the id is the address's own, down to the house: somebody's home stays here."""
    return "" if where.address else where.fias_id


def _people(appeal: Appeal) -> tuple[Applicant, ...]:
    return (appeal.applicant, *appeal.co_applicants)


def _status(state: State, events: list[Event]) -> str:
    extended = any(event.kind is EventKind.EXTENDED for event in events)
    return POSTPONED if extended and not state.final else PLATFORM_STATUS.get(state, "")


def _result(state: State, events: list[Event]) -> str:
    if state is State.REFUSED:
        return "rejected"
    if state is State.REDIRECTED:
        return "forwarded"
    said = [str(event.result) for event in events if event.kind is EventKind.ANSWER and event.result]
    return said[-1] if said and state is State.ANSWERED else ""


def _end_of(day: date, zone: ZoneInfo) -> datetime:
    """A SED postpones to a day: the last second of it, by local time."""
    return datetime.combine(day, time(23, 59, 59), zone).astimezone(UTC)


def _micros(moment: datetime) -> int:
    return round(moment.timestamp() * 1_000_000)
