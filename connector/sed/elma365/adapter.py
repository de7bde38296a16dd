"""ELMA365 over its public API as a `connector.sed.Sed` (sed.md 5)."""

import re
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from typing import BinaryIO

from config.i18n import _
from connector.appeal import Card, CardRef, RubricValue
from connector.errors import PermanentError, UnsupportedError
from connector.peer import Entry, Health
from connector.sed import Capabilities, CardQuery
from connector.sed.elma365.cards import Cards
from connector.sed.elma365.client import Api
from connector.sed.elma365.health import examine
from connector.sed.elma365.incoming import Incoming
from connector.sed.elma365.outgoing import Outgoing
from connector.sed.elma365.settings import ElmaSettings
from connector.sed.halves import Halves

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


class ElmaSed(Halves):
    """One ELMA365. Safe to use from several threads; connects to nothing until used."""

    def __init__(self, settings: ElmaSettings) -> None:
        self._settings = settings
        self._api = Api(settings)
        self._outgoing = Outgoing(settings, self._api)
        self._incoming = Incoming(settings, self._api)
        self._cards = Cards(settings, self._api, self._incoming.statuses_for)

    @property
    def capabilities(self) -> Capabilities:
        """What this ELMA365 can do; cards where there is an app of questions, marks where they are named."""
        questions = bool(self._settings.questions)
        return Capabilities(
            find_by_key=True, async_registration=False, cards=questions,
            annotate=bool(self._settings.annotations), dictionaries=("card_files",) if questions else (),
            max_file_size=self._settings.max_file_size,
        )  # fmt: skip

    def close(self) -> None:
        """Let go of the connections."""
        self._api.close()

    def check(self) -> Health:
        """Try the token, the apps, the statuses and the folder for files."""
        return examine(self._settings, self._api)

    def open_file(self, ref: str) -> AbstractContextManager[BinaryIO]:
        """Open a file that an event named."""
        if not _UUID.fullmatch(ref):
            raise PermanentError(
                _("not a document of this SED: {ref}").format(ref=ref[:60]), code="file-gone", field="files"
            )
        return self._api.open(ref, _("the document {ref}").format(ref=ref))

    # ---- for the mart

    def cards(self, query: CardQuery) -> Iterator[Card]:
        """Yield the cards of the app, of any origin, that changed since a day or whose questions did."""
        if not self._settings.questions:
            raise UnsupportedError(_("ELMA365: no app of questions is named in questions"))
        return self._cards.every(query)

    def annotate(self, card: CardRef, question: RubricValue, fields: Mapping[str, str]) -> None:
        """Fill fields of a card's question by the table `annotations`. Harmless to repeat."""
        known = self._settings.annotations
        if not known:
            raise UnsupportedError(_("ELMA365: no field is named in annotations"))
        if unknown := sorted(fields.keys() - known.keys()):
            sentence = _("{fields}: [sed.NAME] annotations names no field of ELMA365 for this")
            raise PermanentError(sentence.format(fields=", ".join(unknown)), field="annotations")
        if not (_UUID.fullmatch(card.id) and _UUID.fullmatch(question.id)):
            raise PermanentError(_("not a card of this SED: {ref}").format(ref=card.id[:40]), field="card")
        context = {known[name]: value for name, value in fields.items()}
        what = _("a question of card {id}").format(id=card.id)
        self._api.update(self._settings.questions, question.id, context, what)

    def dictionary(self, kind: str) -> Iterator[Entry]:
        """Yield `card_files`: the app itself."""
        if kind not in self.capabilities.dictionaries:
            raise UnsupportedError(_("ELMA365: no dictionary {kind}").format(kind=kind))
        settings = self._settings
        yield Entry(f"{settings.namespace}/{settings.app}", settings.card_file)
