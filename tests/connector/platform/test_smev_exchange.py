"""What the exchange promises whatever dies, comes late, twice or to nobody; the bus here is a script."""

import shutil
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connector.errors import ItemError, OutcomeUnknownError, PendingError, PermanentError, RetryableError
from connector.journal.engine import Database
from connector.platform.smev.exchange import Ask, Exchange, Pace
from connector.platform.smev.failures import Purpose, from_bus
from connector.platform.smev.store import RequestStore, SentFile
from smev.client.faults import AlreadySentError, BrokenFileError, NotSentError, UnknownOutcomeError
from smev.client.words import Incoming, IncomingFile, Queue, Receipt
from smev.envelope.faults import KINDS, fault
from smev.envelope.words import BusinessStatus, Content, Metadata, ProcessingStatus, Received, Rejection
from smev.errors import InputError


class Bus:
    """Takes requests, gives what a test put into the queue; forgets only what was acknowledged."""

    name = "script"

    def __init__(self):
        self.sent, self.queue, self.acknowledged, self.failures = [], [], [], []
        self.reference = ""

    def send(self, message):
        for one in self.failures[:1]:
            self.failures.remove(one)
            if not isinstance(one, NotSentError):
                self.sent.append(message)
            raise one
        known = any(message.message_id == one.message_id for one in self.sent)
        if not known:
            self.sent.append(message)
        reference = self.reference and f"{self.reference}{len(self.sent)}"
        return Receipt(message_id=message.message_id, already=known, reference=reference)

    def receive(self, queue, selector=None):
        assert queue is Queue.RESPONSES
        return next((one for one in self.queue if one.handle not in self.acknowledged), None)

    def fetch(self, file, target):
        if file.data is None:
            raise BrokenFileError(file.name, "it is not there")
        target.write_bytes(file.data)

    def acknowledge(self, handle, *, accepted=True):
        self.acknowledged.append(handle)

    def close(self):
        pass

    def answer(self, original, body, *, number=None, files=(), problem=None):
        number = number or len(self.queue) + 1
        if isinstance(body, bytes):
            body = Content(body)
        message = Received(
            kind="Response", metadata=Metadata(message_id=f"bus-{number}"), original_id=original, body=body
        )
        came = Incoming(
            queue=Queue.RESPONSES, message=message, raw=b"<raw/>", handle=f"bus-{number}", files=files,
            problem=problem,
        )  # fmt: skip
        self.queue.append(came)


@pytest.fixture
def world(tmp_path, journal_template):
    now = [datetime(2026, 11, 22, tzinfo=UTC)]
    bus, opened = Bus(), []
    url = f"sqlite:///{tmp_path}/e.db"
    shutil.copy(journal_template, tmp_path / "e.db")

    def open_one(**more):
        exchange = Exchange(
            RequestStore(Database(url)),
            bus,
            spool=tmp_path / "spool",
            clock=lambda: now[0],
            pace=Pace(poll=0.01, patience=0, answer_within=3600),
            **more,
        )
        opened.append(exchange)
        return exchange

    yield SimpleNamespace(bus=bus, open=open_one, now=now, exchange=open_one())
    for exchange in opened:
        exchange.close()


def ask(key="k", *, changing=False, item=True, **more):
    return Ask(key, 101, b"<a xmlns='urn:a'/>", Purpose("cabinet X", changing=changing, item=item), **more)


def answered(world, question, body=b"<r/>", exchange=None, **more):
    exchange = exchange or world.exchange
    with pytest.raises(PendingError):
        exchange.ask(question)
    world.bus.answer(world.bus.sent[-1].message_id, body, **more)
    world.exchange._queue.empty_until = 0
    return exchange.ask(question)


def test_a_process_that_dies_between_question_and_answer_is_followed_by_one_that_finds_it(world):
    with pytest.raises(PendingError):
        world.exchange.ask(ask(changing=True))
    [sent] = world.bus.sent
    world.bus.answer(sent.message_id, b"<r/>")
    given = world.open().ask(ask(changing=True))
    assert given.answer.content == b"<r/>"
    assert len(world.bus.sent) == 1


def test_a_process_that_dies_before_it_heard_that_the_bus_took_it_sends_the_same_id(world):
    world.bus.failures = [UnknownOutcomeError("cut")]
    with pytest.raises(RetryableError):
        world.exchange.ask(ask(changing=True))
    with pytest.raises(PendingError):
        world.open().ask(ask(changing=True))
    assert len({one.message_id for one in world.bus.sent}) == 1


def test_an_answer_is_acknowledged_only_when_it_is_stored(world, monkeypatch):
    with pytest.raises(PendingError):
        world.exchange.ask(ask())
    world.bus.answer(world.bus.sent[0].message_id, b"<r/>")
    fresh = world.open()
    monkeypatch.setattr(fresh.store, "keep", lambda *_args: (_ for _ in ()).throw(RuntimeError("died")))
    with pytest.raises(RuntimeError):
        fresh.ask(ask())
    assert not world.bus.acknowledged
    assert world.open().ask(ask()).answer.content == b"<r/>"
    assert world.bus.acknowledged == ["bus-1"]


def test_answers_go_to_whose_question_it_was_whoever_reads_the_queue(world):
    for key in ("one", "two", "three"):
        with pytest.raises(PendingError):
            world.exchange.ask(ask(key))
    for number, sent in enumerate(world.bus.sent):
        world.bus.answer(sent.message_id, b"<r%d/>" % number)
    fresh = world.open()
    contents = [fresh.ask(ask(key)).answer.content for key in ("two", "three", "one")]
    assert contents == [b"<r1/>", b"<r2/>", b"<r0/>"]


def test_an_answer_that_comes_twice_is_used_once(world):
    given = answered(world, ask())
    world.exchange.taken(given)
    world.bus.answer(world.bus.sent[0].message_id, b"<other/>")
    world.exchange._queue.empty_until = 0
    with pytest.raises(PendingError):
        world.exchange.ask(ask())
    assert len(world.bus.sent) == 2
    assert world.bus.acknowledged == ["bus-1", "bus-2"]


def test_what_answers_nobody_stays_in_a_shared_queue_and_stops_nothing(world):
    with pytest.raises(PendingError):
        world.exchange.ask(ask())
    world.bus.answer("somebody-else", b"<r/>")
    fresh = world.open()
    with pytest.raises(PendingError):
        fresh.ask(ask())
    assert not world.bus.acknowledged


def test_an_answer_faster_than_the_peers_name_for_the_request_is_not_lost(world):
    exchange = world.open(alone=True)
    world.bus.reference = "r"
    world.bus.answer("r2", b"<fast/>")
    with pytest.raises(PendingError):
        exchange.ask(ask("other"))  # r1: takes the queue's message while nobody knows whose it is
    assert world.bus.acknowledged == ["bus-1"]
    assert world.open(alone=True).ask(ask("mine")).answer.content == b"<fast/>"


def test_where_a_repeat_would_double_a_broken_line_is_an_unknown_outcome(world):
    exchange = world.open(repeat_safe=False)
    world.bus.failures = [UnknownOutcomeError("cut")]
    with pytest.raises(OutcomeUnknownError):
        exchange.ask(ask(changing=True))
    world.bus.failures = [NotSentError("no route")]
    with pytest.raises(RetryableError):
        exchange.ask(ask("other", changing=True))
    with pytest.raises(PendingError):  # nothing had left: it goes as if for the first time
        exchange.ask(ask("other", changing=True))


@pytest.mark.parametrize(
    ("changing", "item", "error"),
    [(True, True, OutcomeUnknownError), (False, True, ItemError), (False, False, RetryableError)],
)
def test_an_answer_that_never_comes_is_given_up_at_the_end_of_its_life(world, changing, item, error):
    question = ask(changing=changing, item=item)
    with pytest.raises(PendingError):
        world.exchange.ask(question)
    assert world.bus.sent[0].end_of_life == world.now[0] + timedelta(hours=1)
    world.now[0] += timedelta(hours=2)
    with pytest.raises(error):
        world.exchange.ask(question)
    with pytest.raises(PendingError):
        world.exchange.ask(question)
    assert len({one.message_id for one in world.bus.sent}) == 2


def test_the_longer_it_takes_the_more_seldom_it_is_asked_for(world):
    waits = []
    for age in (0, 100, 3000):
        world.now[0] = datetime(2026, 11, 22, tzinfo=UTC) + timedelta(seconds=age)
        with pytest.raises(PendingError) as pending:
            world.exchange.ask(ask())
        waits.append(pending.value.after)
    assert waits == [0.01, 25.0, 60.0]


def test_old_news_is_not_taken_for_an_answer_but_what_changed_something_is(world):
    for key, changing in (("list", False), ("reply", True)):
        with pytest.raises(PendingError):
            world.exchange.ask(ask(key, changing=changing))
        world.bus.answer(world.bus.sent[-1].message_id, b"<r/>")
    world.exchange._queue.empty_until = 0
    with pytest.raises(PendingError):
        world.exchange.ask(ask("pulls everything"))
    world.now[0] += timedelta(minutes=20)
    assert world.exchange.ask(ask("reply", changing=True)).answer.content == b"<r/>"
    with pytest.raises(PendingError):
        world.exchange.ask(ask("list"))


def test_files_are_kept_before_the_message_is_acknowledged_and_a_broken_one_blocks_nothing(world):
    whole = IncomingFile(id="0a", name="a.pdf", data=b"bytes")
    given = answered(world, ask("whole"), files=(whole,))
    [file] = given.answer.files
    assert Path(file.path).read_bytes() == b"bytes"
    world.exchange.taken(given)
    assert not Path(file.path).exists()
    given = answered(world, ask("broken"), files=(IncomingFile(id="0b", name="b.pdf"),))
    assert given.answer.verdict == "broken"
    assert len(world.bus.acknowledged) == 2


def test_a_message_whose_bus_signature_does_not_hold_is_not_used(world):
    with pytest.raises(PendingError):
        world.exchange.ask(ask())
    world.bus.answer(world.bus.sent[0].message_id, b"<forged/>", problem=InputError("x", "forged"))
    fresh = world.open()
    with pytest.raises(PendingError):
        fresh.ask(ask())
    world.bus.answer(world.bus.sent[0].message_id, b"<true/>")
    assert world.open().ask(ask()).answer.content == b"<true/>"


@pytest.mark.parametrize(
    ("body", "verdict"),
    [
        ((Rejection("NO_DATA", "nothing"),), "rejected"),
        (ProcessingStatus("", "requestIsRejectedBySmev", "late"), "fault"),
        (ProcessingStatus("", "x", "", "InvalidContent", "wrong"), "fault"),
    ],
)
def test_late_refusals_are_ordinary_answers(world, body, verdict):
    assert answered(world, ask(), body).answer.verdict == verdict


@pytest.mark.parametrize("body", [BusinessStatus("1", "in work"), ProcessingStatus("", "requestIsQueued")])
def test_news_about_a_request_on_its_way_is_kept_and_waited_past(world, body):
    with pytest.raises(PendingError):
        answered(world, ask(), body)
    assert world.bus.acknowledged == ["bus-1"]


def test_a_known_id_is_as_good_as_sent(world):
    world.bus.failures = [AlreadySentError("MessageIsAlreadySent", "")]
    with pytest.raises(PendingError):
        world.exchange.ask(ask())
    world.exchange._queue.empty_until = 0
    with pytest.raises(PendingError):
        world.exchange.ask(ask())
    assert len(world.bus.sent) == 1


def test_threads_that_ask_the_same_share_one_question(world):
    world.exchange.pace = Pace(poll=0.01, patience=5)
    found, threads = [], []
    for _number in range(6):
        thread = threading.Thread(target=lambda: found.append(world.exchange.ask(ask()).answer.content))
        thread.start()
        threads.append(thread)
    while not world.bus.sent:
        pass
    world.bus.answer(world.bus.sent[0].message_id, b"<r/>")
    for thread in threads:
        thread.join()
    assert found == [b"<r/>"] * 6
    assert len({one.message_id for one in world.bus.sent}) == 1


def test_a_resend_has_the_same_files(world, tmp_path):
    file = SentFile("0c", "a.pdf", "application/pdf", str(tmp_path / "a"))
    world.bus.failures = [UnknownOutcomeError("cut")]
    with pytest.raises(RetryableError):
        world.exchange.ask(ask(files=(file,)))
    other = SentFile("0d", "a.pdf", "application/pdf", str(tmp_path / "b"))
    with pytest.raises(PendingError):
        world.open().ask(ask(files=(other,)))
    assert {one.files[0].uuid for one in world.bus.sent} == {"0c"}


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(sorted(KINDS)), st.booleans(), st.booleans(), st.text(max_size=600))
def test_every_fault_of_the_bus_is_one_of_our_errors_without_the_private_words(name, changing, item, words):
    purpose = Purpose("cabinet X", changing, item, ("Образцов",))
    error = from_bus(fault(name, words + " Образцов", server=False), purpose)
    assert "Образцов" not in error.sentence
    assert len(error.sentence) < 700
    assert isinstance(error, (RetryableError, PermanentError)) or error.code == "auth"
