"""What the journal's tests share: a clock set by hand, messages, a judge, short ways to do a round."""

import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import Select, create_engine, text

from connector.appeal import (
    Appeal,
    Applicant,
    Attachment,
    Category,
    Event,
    EventKind,
    ItemKind,
    Person,
    Question,
    Reply,
    ReplyKind,
    conversation_key,
)
from connector.journal.journal import Journal, PausePolicy, RetryPolicy
from connector.journal.records import Advanced, Judgement, Stage, Work
from connector.lifecycle import State

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
LEASE = timedelta(minutes=5)
RETRY = RetryPolicy(base=timedelta(seconds=10), cap=timedelta(minutes=10), attempts=3)
PAUSE = PausePolicy(base=timedelta(seconds=4), cap=timedelta(minutes=1), grace=timedelta(minutes=5))


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self, now: datetime = NOON) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **delta: float) -> None:
        self.now += timedelta(**delta)


@dataclass(frozen=True)
class Listed:
    """A message as a platform adapter hands it over."""

    platform_id: str
    raw: str
    appeal: Appeal | None
    problem: str = ""


@dataclass(frozen=True)
class Changes:
    """A page of a SED's changes."""

    events: tuple[Event, ...] = ()
    cursor: str = ""
    notes: tuple[str, ...] = ()


def open_journal(url: str, files, clock, **settings) -> Journal:
    settings = {"retry": RETRY, "pause": PAUSE, "rng": random.Random(1), **settings}
    return Journal.open(url, files=files, clock=clock, **settings)


def appeal(platform_id: str = "101", *, opa_id: int = 7, round_: int = 1, files: int = 0, **more) -> Appeal:
    return Appeal(
        opa_id=opa_id,
        platform_id=platform_id,
        round=round_,
        kind=ItemKind.MESSAGE,
        text="Яма на дороге",
        questions=(Question(1, "Яма на дороге", Category(subject_id=1, subject="Дороги")),),
        applicant=Applicant(Person("Тестова", "Анна", email="anna@example.org")),
        created_at=NOON,
        due_at=NOON + timedelta(days=30),
        attachments=tuple(Attachment(f"f{n}", f"https://pos.example.org/f{n}") for n in range(files)),
        **more,
    )


def listed(platform_id: str = "101", *, raw: str = "", **more) -> Listed:
    return Listed(platform_id, raw or f'{{"id": {platform_id}}}', appeal(platform_id, **more))


def unreadable(platform_id: str = "101", raw: str = "{") -> Listed:
    return Listed(platform_id, raw, None, "field createdAt is missing")


def receive(journal: Journal, *messages: Listed, opa_id: int = 7, round_: int = 1):
    return journal.receive(opa_id, [(message, round_) for message in messages])


def claim_one(journal: Journal, **more) -> Work:
    [work] = journal.claim("w", 1, LEASE, **more)
    return work


def done(work: Work, **more) -> Advanced:
    return Advanced(work.lease, None, **more)


def on_to(work: Work, stage: Stage, channel: str = "", **more) -> Advanced:
    return Advanced(work.lease, stage, channel, **more)


def register(journal: Journal, message: Listed, *, opa_id: int = 7, state: State = State.REGISTERED) -> None:
    """Bring a message without files all the way into the SED."""
    receive(journal, message, opa_id=opa_id)
    work = claim_one(journal)
    journal.finish([on_to(work, Stage.REGISTER, "sed:delo", state=State.ACCEPTED)])
    journal.finish([done(claim_one(journal), state=state)])


def event(name: str, kind: EventKind = EventKind.RESOLUTION, platform_id: str = "101", **more) -> Event:
    key = more.pop("key", conversation_key(more.pop("opa_id", 7), platform_id, more.pop("round_", 1)))
    return Event(id=name, key=key, kind=kind, at=NOON, **more)


def reply(round_, event, kind: ReplyKind = ReplyKind.INTERIM, comment: str = "") -> Reply:
    return Reply(
        opa_id=round_.opa_id,
        platform_id=round_.platform_id,
        round=round_.round,
        event_id=event.id,
        kind=kind,
        status="В работе",
        status_text="Обращение принято в работу",
        comment=comment,
    )


def judge(round_, event) -> Judgement:
    """A small judge: resolutions go out as interim replies, answers close, registrations only register."""
    if round_.state.final:
        return Judgement(round_.state, None, "after-final")
    if event.kind is EventKind.REGISTERED:
        return Judgement(State.REGISTERED, None)
    if event.kind is EventKind.ANSWER:
        return Judgement(State.ANSWERED, reply(round_, event, ReplyKind.SOLVED))
    return Judgement(State.IN_WORK, reply(round_, event))


def plan_of(query: Select, url: str) -> str:
    """Return how the database would find what a query asks for, as it says itself."""
    engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
    asked = query.compile(engine, compile_kwargs={"literal_binds": True})
    explain = "EXPLAIN " if engine.dialect.name == "postgresql" else "EXPLAIN QUERY PLAN "
    with engine.connect() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text("SET enable_seqscan TO off"))  # the tables are empty: it would be cheaper
        plan = "\n".join(str(row) for row in connection.execute(text(explain + str(asked))))
    engine.dispose()
    return plan
