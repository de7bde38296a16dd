"""The stand's Directum as the peer of the conformance suite: its clerk is told what to decide next."""

import hashlib
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime

from config.secret import Secret
from connector.sed.directum import DirectumSed, DirectumSettings
from connector.sed.testing import Received
from stand.directum.clerk import PASSWORD, RUBRICS, USER, Directum
from stand.ledger import Ledger
from stand.server import CutError
from stand.words import Decision, DecisionKind, Official
from tests.connector.sed.stand_peer import AnyPlan, Paper

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


class StandDirectum:
    def __init__(self, *, nested_expand=True, **changes):
        self.ledger = Ledger()
        self.directum = Directum(
            plans=AnyPlan(), ledger=self.ledger, nested_expand=nested_expand, rubrics=QUESTIONS
        )
        self.settings = settings_for(self.directum.url, **changes)
        self.cut = None  # (before | after, method, ending of the path)
        self.calls = []
        self.opened = []
        self._app = self.directum.http._server.app
        self.directum.http._server.app = self._answer

    def start(self):
        self.directum.http.start()
        return self

    def stop(self):
        for sed in self.opened:
            sed.close()
        self.directum.http.stop()

    def _answer(self, environ, start_response):
        call = f"{environ['REQUEST_METHOD']} {environ['PATH_INFO'].rpartition('odata/')[2]}"
        self.calls.append(f"{call}?{environ['QUERY_STRING']}")
        before = self.cut and self.cut(call)
        if before == "before":
            raise CutError
        answer = self._app(environ, start_response)
        if before == "after":
            raise CutError
        return answer

    # ---- the Peer

    def sed(self):
        return self.with_settings()

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
        self.directum.repeat()

    def decide(self, key, decision):
        self.directum.step()
        self.directum.decide(self.directum.cards_of(key)[0]["Id"], decision)

    # ---- failing

    @contextmanager
    def cutting(self, hit, when):
        """Break the connection at the calls that `hit` names."""
        self.cut = lambda call: when if hit(call) else None
        try:
            yield
        finally:
            self.cut = None

    def lose_connection_after_commit(self):
        return self.cutting(lambda call: call.startswith("PATCH IRequests("), "after")

    def lose_connection_before_commit(self):
        return self.cutting(lambda call: call.startswith("PATCH IRequests("), "before")

    def with_settings(self, **changes):
        self.opened.append(DirectumSed(replace(self.settings, **changes)))
        return self.opened[-1]
