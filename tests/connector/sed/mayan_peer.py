"""The stand's Mayan as the peer of the conformance suite: its clerk is told what to decide next."""

from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime

from config.secret import Secret
from connector.sed.mayan import MayanSed, MayanSettings
from connector.sed.testing import Received
from stand.faults import FaultPlan
from stand.ledger import Ledger
from stand.mayan.play import MayanAtPlay
from stand.mayan.words import EMPTY_FILE
from stand.seds import Setting
from stand.server import CutError
from stand.words import Decision, DecisionKind, Official
from tests.connector.sed.stand_peer import AnyPlan, Paper


class StandMayan:
    def __init__(self, root, **changes):
        self.ledger = Ledger()
        self.play = MayanAtPlay(Setting(root, AnyPlan(), self.ledger, FaultPlan()))
        facts = {"url": self.play.url, "token": Secret(self.play.secrets["mayan"]), "settle": 1.0}
        self.settings = MayanSettings(**{**facts, **changes})
        self.cut = None
        self.opened = []
        self._app = self.play.http._server.app
        self.play.http._server.app = self._answer

    def start(self):
        self.play.http.start()
        return self

    def stop(self):
        for sed in self.opened:
            sed.close()
        self.play.clerk.desk.close()
        self.play.http.stop()

    def _answer(self, environ, start_response):
        call = f"{environ['REQUEST_METHOD']} {environ['PATH_INFO'].removeprefix('/api/v4/')}"
        ours = self.settings.token.reveal() in environ.get("HTTP_AUTHORIZATION", "")
        when = self.cut(call) if self.cut and ours else None
        if when == "before":
            raise CutError
        answer = self._app(environ, start_response)
        if when == "after":
            raise CutError
        return answer

    # ---- the Peer

    def sed(self):
        return self.with_settings()

    def stranger(self):
        return self.with_settings(token=Secret("wrong"))

    def with_settings(self, **changes):
        self.opened.append(MayanSed(replace(self.settings, **changes)))
        return self.opened[-1]

    def cards_of(self, key):
        desk = self.play.clerk.desk
        return [row for row in desk.documents_after(0) if desk.key_of(row["id"]) == key]

    def received(self, key):
        self.play.clerk.step()
        assert [one.detail for one in self.ledger.entries() if one.what == "sed_rejected"] == []
        cards = self.cards_of(key)
        files = {}
        for file in self.play.clerk.desk.files_of(cards[-1]["id"]) if cards else []:
            files[file["filename"] + "'" * (file["filename"] in files)] = file["checksum"]
        return Received(len(cards), files)

    def empty_files(self, key):
        [card] = self.cards_of(key)
        lines = [line for line in card["description"].splitlines() if line.startswith(EMPTY_FILE)]
        return [line.removeprefix(EMPTY_FILE) for line in lines]

    def register(self, key, number, day):
        at = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
        self.decide(key, Decision(DecisionKind.REGISTER, number=number, at=at))

    def refuse(self, key, code, text):
        self.decide(key, Decision(DecisionKind.REFUSE, code=int(code), text=text))

    def assign(self, key, executor, text, deadline):
        who = (Official(*executor.split(), "", "консультант"),)
        self.decide(key, Decision(DecisionKind.ASSIGN, text=text, deadline=deadline, executors=who))

    def prolong(self, key, deadline):
        self.decide(key, Decision(DecisionKind.PROLONG, deadline=deadline))

    def redirect(self, key, organisation):
        self.decide(key, Decision(DecisionKind.REDIRECT, organisation=organisation))

    def answer(self, key, text, files, *, commanded, solved, number):
        papers = tuple(Paper(name, body) for name, body in files.items())
        kind = DecisionKind.ANSWER if commanded else DecisionKind.DRAFT
        self.decide(key, Decision(kind, text=text, number=number, files=papers, solved=solved))

    def repeat(self):
        """Say it again: the event is read once more under another number."""
        events = self.play.app._events
        events.append({**events[-1], "id": len(events) + 1})

    def decide(self, key, decision):
        self.play.clerk.step()
        self.play.clerk.office.decide(str(self.cards_of(key)[0]["id"]), decision)

    # ---- failing

    @contextmanager
    def cutting(self, hit, when):
        self.cut = lambda call: when if hit(call) else None
        try:
            yield
        finally:
            self.cut = None

    def lose_connection_after_commit(self):
        return self.cutting(lambda call: call.startswith("POST") and call.endswith("/metadata/"), "after")

    def lose_connection_before_commit(self):
        return self.cutting(lambda call: call.startswith("POST") and call.endswith("/metadata/"), "before")
