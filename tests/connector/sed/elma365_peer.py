"""The stand's ELMA365 as the peer of the conformance suite: its clerk is told what to decide next."""

import hashlib
from datetime import UTC, datetime, timedelta

from config.secret import Secret
from connector.sed.elma365 import ElmaSed, ElmaSettings
from connector.sed.testing import Received
from stand.elma365.clerk import Elma
from stand.elma365.model import APPEALS, DIRECTORY, NAMESPACE, QUESTIONS
from stand.ledger import Ledger
from tests.connector.sed.stand_peer import AnyPlan, HttpClerk


class StandElma(HttpClerk):
    adapter = ElmaSed
    commit = staticmethod(
        lambda call: call.startswith(f"POST app/{NAMESPACE}/{APPEALS}/") and "/update" in call
    )

    def __init__(self, **changes):
        self.ledger = Ledger()
        self.elma = Elma(plans=AnyPlan(), ledger=self.ledger)
        facts = {
            "url": self.elma.http.base_url, "token": Secret(self.elma.token), "namespace": NAMESPACE,
            "app": APPEALS, "questions": QUESTIONS, "directory": DIRECTORY,
            "annotations": {"Статус ПОС": "pos_status", "Выгрузка в витрину ПОС": "pos_export"},
        }  # fmt: skip
        super().__init__(ElmaSettings(**{**facts, **changes}), self.elma.http)

    def call_of(self, environ):
        return f"{environ['REQUEST_METHOD']} {environ['PATH_INFO'].removeprefix('/pub/v1/')}"

    # ---- the Peer

    def stranger(self):
        return self.with_settings(token=Secret("wrong"))

    def received(self, key):
        self.elma.step()
        assert [one.detail for one in self.ledger.entries() if one.what == "sed_rejected"] == []
        cards = self.elma.cards_of(key)
        files = {}
        for number in (cards[-1]["pos_files"] or []) if cards else []:
            name, body = self.elma.store.files[number]
            files[name + "'" * (name in files)] = hashlib.sha256(body).hexdigest()
        return Received(len(cards), files)

    def register_late(self, key, number, day):
        self.register(key, number, day)
        [card] = self.elma.cards_of(key)
        card["__updatedAt"] = (datetime.now(UTC) - timedelta(seconds=60)).strftime("%Y-%m-%dT%H:%M:%SZ")

    def repeat(self):
        last = max(self.elma.store.rows(APPEALS), key=lambda row: row["__version"])
        self.elma.touch(last["__id"])

    def _decide(self, key, decision):
        self.elma.step()
        self.elma.decide(self.elma.cards_of(key)[0]["__id"], decision)
