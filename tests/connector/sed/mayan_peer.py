"""The stand's Mayan as the peer of the conformance suite: its clerk is told what to decide next."""

from config.secret import Secret
from connector.sed.mayan import MayanSed, MayanSettings
from connector.sed.testing import Received
from stand.faults import FaultPlan
from stand.ledger import Ledger
from stand.mayan.play import MayanAtPlay
from stand.mayan.words import EMPTY_FILE
from stand.seds import Setting
from tests.connector.sed.stand_peer import AnyPlan, HttpClerk


class StandMayan(HttpClerk):
    adapter = MayanSed
    commit = staticmethod(lambda call: call.startswith("POST") and call.endswith("/metadata/"))

    def __init__(self, root, **changes):
        self.ledger = Ledger()
        self.play = MayanAtPlay(Setting(root, AnyPlan(), self.ledger, FaultPlan()))
        facts = {"url": self.play.url, "token": Secret(self.play.secrets["mayan"]), "settle": 1.0}
        super().__init__(MayanSettings(**{**facts, **changes}), self.play.http)

    def stop(self):
        self.play.clerk.desk.close()
        super().stop()

    def call_of(self, environ):
        ours = self.settings.token.reveal() in environ.get("HTTP_AUTHORIZATION", "")
        call = f"{environ['REQUEST_METHOD']} {environ['PATH_INFO'].removeprefix('/api/v4/')}"
        return call if ours else ""

    # ---- the Peer

    def stranger(self):
        return self.with_settings(token=Secret("wrong"))

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

    def register_late(self, key, number, day):
        """Let the newest event bear a number below one that was read already."""
        self.register(key, number, day)
        *_old, before, last = self.play.app._events
        last["id"] = before["id"] - 1

    def repeat(self):
        """Say it again: the event is read once more under another number."""
        events = self.play.app._events
        events.append({**events[-1], "id": 2 * len(events) + 2})

    def _decide(self, key, decision):
        self.play.clerk.step()
        self.play.clerk.office.decide(str(self.cards_of(key)[0]["id"]), decision)
