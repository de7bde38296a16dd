"""An outsider's whole adapter: a drawer of paper cards in memory; what another package would ship."""

import io
from contextlib import contextmanager
from dataclasses import replace

from connector.appeal import CardRef
from connector.errors import PermanentError, UnsupportedError
from connector.peer import Finding, Health
from connector.sed import Capabilities, ChangePage

LIMIT = 10_000_000


class Drawer:
    """The SED itself: cards, their files, and everything that was said, in order."""

    def __init__(self):
        self.cards, self.files, self.said, self.answers = {}, {}, [], {}


class PaperSed:
    """The adapter: one drawer, a cursor that counts what was said."""

    capabilities = Capabilities(find_by_key=True, async_registration=False, max_file_size=LIMIT)

    def __init__(self, drawer):
        self._drawer = drawer

    def check(self):
        return Health((Finding("drawer", ok=True, sentence="it opens"),))

    def find(self, key):
        return self._drawer.cards.get(key)

    def register(self, appeal, files, open_file):
        if card := self.find(appeal.key):
            return card
        kept = []
        for file in files:
            if file.size > LIMIT:
                raise PermanentError(f"{file.name}: too large", field="files")
            with open_file(file) as content:
                kept.append((file.name, content.read()))
        self._drawer.files[appeal.key] = kept
        return self._drawer.cards.setdefault(appeal.key, CardRef(str(len(self._drawer.cards) + 1)))

    def changes(self, cursor, limit):
        start = int(cursor or 0)
        said = self._drawer.said[start : start + limit]
        end = start + len(said)
        told = tuple(replace(event) for event in said)
        return ChangePage(told, str(end) if end else "", more=end < len(self._drawer.said), receipts=())

    @contextmanager
    def open_file(self, ref):
        if ref not in self._drawer.answers:
            raise PermanentError("no such file")
        yield io.BytesIO(self._drawer.answers[ref])

    def acknowledge(self, receipts):
        """Forget nothing: the cursor is enough."""

    def cards(self, query):
        raise UnsupportedError("paper cards are not for the mart")

    def annotate(self, card, question, fields):
        raise UnsupportedError("paper cards take no marks")

    def dictionary(self, kind):
        raise UnsupportedError(f"no dictionary {kind}")


def build(settings, folder):
    if unknown := sorted(settings):
        raise ValueError(f"unknown setting {unknown[0]}")
    return PaperSed(Drawer())
