"""The stand's ДЕЛО as the peer of the conformance suite: its clerk is told what to decide next."""

import hashlib
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from connector.appeal import key_uuid
from connector.sed.sev import Organisation, SevSed
from connector.sed.testing import Received
from stand.delo.clerk import Delo
from stand.desk import Assignment
from stand.ledger import Ledger
from stand.server import CutError
from stand.words import Decision, DecisionKind, Message, Official
from tests.connector.sed.sev_peer import FolderDelo, settings_for

INDEX = "STAND-DELO"


@dataclass(frozen=True)
class Paper:
    """A file of an answer, by its bytes."""

    name: str
    body: bytes

    @property
    def sha256(self):
        return hashlib.sha256(self.body).hexdigest()

    def content(self):
        return self.body


class AnyPlan:
    """Every document is somebody's; what is decided about it comes later."""

    def find(self, hints, uid):
        return Assignment(Message(1, 77, "ПОС-1", "{}"), 1, (), ()), False


class Clerk:
    """What a peer with a clerk of the stand can be told; `_decide(key, decision)` is its own."""

    def register(self, key, number, day):
        at = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
        self._decide(key, Decision(DecisionKind.REGISTER, number=number, at=at))

    def refuse(self, key, code, text):
        self._decide(key, Decision(DecisionKind.REFUSE, code=int(code), text=text))

    def assign(self, key, executor, text, deadline):
        surname, initials = executor.split()
        who = (Official(surname, initials, "", "консультант"),)
        self._decide(key, Decision(DecisionKind.ASSIGN, text=text, deadline=deadline, executors=who))

    def prolong(self, key, deadline):
        self._decide(key, Decision(DecisionKind.PROLONG, deadline=deadline))

    def redirect(self, key, organisation):
        self._decide(key, Decision(DecisionKind.REDIRECT, organisation=organisation))

    def answer(self, key, text, files, *, commanded, solved, number):
        papers = tuple(Paper(name, body) for name, body in files.items())
        kind = DecisionKind.ANSWER if commanded else DecisionKind.DRAFT
        self._decide(key, Decision(kind, text=text, number=number, files=papers, solved=solved))


class HttpClerk(Clerk):
    """A clerk of a SED over HTTP: adapters that were opened, connections that break on command."""

    adapter = None  # the class
    commit = staticmethod(lambda call: False)  # tells the call that makes the card: `METHOD path`

    def __init__(self, settings, http):
        self.settings = settings
        self.http = http
        self.cut = None  # call → before | after | None
        self.calls = []
        self.opened = []
        self._app = http._server.app
        http._server.app = self._answer

    def start(self):
        self.http.start()
        return self

    def stop(self):
        for sed in self.opened:
            sed.close()
        self.http.stop()

    def sed(self):
        return self.with_settings()

    def with_settings(self, **changes):
        self.opened.append(self.adapter(replace(self.settings, **changes)))
        return self.opened[-1]

    def call_of(self, environ):
        """Name a call; empty for one that is not sedlink's."""
        raise NotImplementedError

    def _answer(self, environ, start_response):
        call = self.call_of(environ)
        self.calls.append(f"{call}?{environ['QUERY_STRING']}")
        when = self.cut(call) if self.cut and call else None
        if when == "before":
            raise CutError
        answer = self._app(environ, start_response)
        if when == "after":
            raise CutError
        return answer

    @contextmanager
    def cutting(self, hit, when):
        """Break the connection at the calls that `hit` names."""
        self.cut = lambda call: when if hit(call) else None
        try:
            yield
        finally:
            self.cut = None

    def lose_connection_after_commit(self):
        return self.cutting(self.commit, "after")

    def lose_connection_before_commit(self):
        return self.cutting(self.commit, "before")


class StandDelo(Clerk):
    lose_connection_after_commit = FolderDelo.lose_connection_after_commit
    lose_connection_before_commit = FolderDelo.lose_connection_before_commit
    _failing_rename = staticmethod(FolderDelo._failing_rename)

    def __init__(self, root, schemas=None):
        self.settings = settings_for(root, recipient=Organisation(INDEX, "Стенд ДЕЛО"))
        self.ledger = Ledger()
        self.delo = Delo(
            self.settings.folder_out,
            self.settings.folder_in,
            plans=AnyPlan(),
            ledger=self.ledger,
            schemas=schemas,
        )

    def sed(self):
        return SevSed(self.settings)

    def received(self, key):
        self.delo.step()
        assert [entry.detail for entry in self.ledger.entries() if entry.what == "sed_rejected"] == []
        uid = key_uuid(key).hex
        if uid not in self.delo.documents:
            return Received(0)
        names = Counter()
        files = {}
        for file in self.delo.documents[uid].files:
            names[file.name] += 1
            files[file.name + "'" * (names[file.name] - 1)] = file.sha256
        arrivals = [entry for entry in self.ledger.entries() if entry.detail.get("uid") == uid]
        return Received(sum(entry.what.startswith("arrived") for entry in arrivals), files)

    def repeat(self):
        self.delo.repeat()

    def _decide(self, key, decision):
        self.delo.decide(key_uuid(key).hex, decision)


@contextmanager
def running(delo):
    """Let a ДЕЛО of the stand work in its thread meanwhile."""
    delo.start()
    try:
        yield delo
    finally:
        delo.stop()
