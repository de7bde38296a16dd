"""The other side of the outsider's adapter, made to act in tests."""

import hashlib
from contextlib import contextmanager
from datetime import UTC, datetime

from paper_sed import Drawer, PaperSed

from connector.appeal import AnswerResult, Event, EventKind, Person, RemoteFile
from connector.errors import RetryableError
from connector.sed.event_ids import event_id
from connector.sed.testing import Received

NOON = datetime(2024, 3, 4, 12, tzinfo=UTC)


class PaperPeer:
    def __init__(self):
        self._drawer = Drawer()

    def sed(self):
        return PaperSed(self._drawer)

    def received(self, key):
        files = {name: hashlib.sha256(told).hexdigest() for name, told in self._drawer.files.get(key, ())}
        return Received(int(key in self._drawer.cards), files)

    def register(self, key, number, day):
        self._say(key, EventKind.REGISTERED, number=number, document_date=day)

    def refuse(self, key, code, text):
        self._say(key, EventKind.REFUSED, code=code, text=text)

    def assign(self, key, executor, text, deadline):
        person = Person(executor.split()[0])
        self._say(key, EventKind.EXECUTOR_ASSIGNED, executors=(person,), text=text, deadline=deadline)

    def prolong(self, key, deadline):
        self._say(key, EventKind.EXTENDED, deadline=deadline)

    def redirect(self, key, organisation):
        self._say(key, EventKind.REDIRECTED, organisation=organisation)

    def answer(self, key, text, files, *, commanded, solved, number):
        told = []
        for name, content in files.items():
            self._drawer.answers[name] = content
            told.append(RemoteFile(name, name, len(content)))
        result = AnswerResult.SOLVED if solved else AnswerResult.NOT_SOLVED
        self._say(
            key, EventKind.ANSWER,
            text=text, files=tuple(told), commanded=commanded, result=result, number=number,
        )  # fmt: skip

    def repeat(self):
        self._drawer.said.append(self._drawer.said[-1])

    @contextmanager
    def lose_connection_after_commit(self):
        with self._losing(committed=True):
            yield

    @contextmanager
    def lose_connection_before_commit(self):
        with self._losing(committed=False):
            yield

    @contextmanager
    def _losing(self, *, committed):
        whole = PaperSed.register

        def torn(sed, *given):
            if committed:
                whole(sed, *given)
            raise RetryableError("the drawer is jammed")

        PaperSed.register = torn
        try:
            yield
        finally:
            PaperSed.register = whole

    def _say(self, key, kind, **facts):
        self._drawer.said.append(Event(event_id(key, kind, sorted(facts.items())), key, kind, NOON, **facts))
