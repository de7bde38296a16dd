"""The stand's Directum as the peer of the conformance suite: its clerk is told what to decide next."""

import hashlib
from datetime import UTC, datetime, timedelta

from config.secret import Secret
from connector.sed.directum import DirectumSed, DirectumSettings
from connector.sed.testing import Received
from stand.directum.clerk import PASSWORD, RUBRICS, USER, Directum
from stand.ledger import Ledger
from tests.connector.sed.stand_peer import AnyPlan, HttpClerk

CODES = ("0005.0005.0056.1151", "0005.0005.0056.1152", "0005.0005.0056.1162", "0003.0009.0097.0696")
QUESTIONS = {**RUBRICS, **{code: f"Вопрос {code}" for code in CODES}}


def settings_for(url, **changes):
    facts = {
        "url": url,
        "user": USER,
        "password": Secret(PASSWORD),
        "key_field": "PosKey",
        "answer_field": "PosSend",
        "refusal_text_field": "PosRefusalText",
        "refusal_code_field": "PosRefusalCode",
        "annotations": {"Статус ПОС": "PosStatus", "Выгрузка в витрину ПОС": "PosExport"},
        "other_extension": "bin",
    }
    return DirectumSettings(**{**facts, **changes})


class StandDirectum(HttpClerk):
    adapter = DirectumSed
    commit = staticmethod(lambda call: call.startswith("PATCH IRequests("))

    def __init__(self, *, nested_expand=True, **changes):
        self.ledger = Ledger()
        self.directum = Directum(
            plans=AnyPlan(), ledger=self.ledger, nested_expand=nested_expand, rubrics=QUESTIONS
        )
        super().__init__(settings_for(self.directum.url, **changes), self.directum.http)

    def call_of(self, environ):
        return f"{environ['REQUEST_METHOD']} {environ['PATH_INFO'].rpartition('odata/')[2]}"

    # ---- the Peer

    def stranger(self):
        return self.with_settings(password=Secret("wrong"))

    def received(self, key):
        self.directum.step()
        assert [one.detail for one in self.ledger.entries() if one.what == "sed_rejected"] == []
        cards = self.directum.cards_of(key)
        files = {}
        for name, body in self.directum.files_of(cards[-1]["Id"]) if cards else []:
            files[name + "'" * (name in files)] = hashlib.sha256(body).hexdigest()
        return Received(len(cards), files)

    def register_late(self, key, number, day):
        self.register(key, number, day)
        [card] = self.directum.cards_of(key)
        card["Modified"] = (datetime.now(UTC) - timedelta(seconds=120)).isoformat()

    def repeat(self):
        self.directum.repeat()

    def _decide(self, key, decision):
        self.directum.step()
        self.directum.decide(str(self.directum.cards_of(key)[0]["Id"]), decision)
