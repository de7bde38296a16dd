"""Directum RX over its Integration Service as a `connector.sed.Sed` (sed.md 4)."""

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from typing import BinaryIO

from config.i18n import _
from connector.appeal import Card, CardRef, RubricValue
from connector.errors import PermanentError, UnsupportedError
from connector.peer import Entry, Health
from connector.sed import Capabilities, CardQuery
from connector.sed.directum import query
from connector.sed.directum.client import OData
from connector.sed.directum.health import examine
from connector.sed.directum.incoming import CARD_EXPAND, Incoming
from connector.sed.directum.outgoing import Outgoing
from connector.sed.directum.reading import card as read_card
from connector.sed.directum.settings import DirectumSettings
from connector.sed.halves import Halves

_REF = re.compile(r"(\w+)/(\d{1,18})/(\d{1,18})")
DICTIONARIES = ("rubrics", "card_files")


class DirectumSed(Halves):
    """One Directum RX. Safe to use from several threads; connects to nothing until used."""

    def __init__(self, settings: DirectumSettings) -> None:
        self._settings = settings
        self._odata = OData(settings)
        self._outgoing = Outgoing(settings, self._odata)
        self._incoming = Incoming(settings, self._odata)

    @property
    def capabilities(self) -> Capabilities:
        """What Directum can do; `annotate` where the configuration names the properties."""
        return Capabilities(
            find_by_key=True, async_registration=False, answer_files=True, cards=True,
            annotate=bool(self._settings.annotations), dictionaries=DICTIONARIES,
            max_file_size=self._settings.max_file_size,
        )  # fmt: skip

    def close(self) -> None:
        """Let go of the connections."""
        self._odata.close()

    def check(self) -> Health:
        """Try the account, compare names of sets and fields with the service's description."""
        return examine(self._settings, self._odata)

    def open_file(self, ref: str) -> AbstractContextManager[BinaryIO]:
        """Open the body of a version that an event named."""
        found = _REF.fullmatch(ref)
        if not found or found[1] not in (self._settings.letters, self._settings.attachments):
            raise PermanentError(
                _("not a document of this SED: {ref}").format(ref=ref[:60]), code="file-gone", field="files"
            )
        path = f"{found[1]}({found[2]})/Versions({found[3]})"
        return self._odata.open_body(
            path, self._settings.max_file_size, _("the document {ref}").format(ref=ref)
        )

    # ---- for the mart

    def cards(self, query_: CardQuery) -> Iterator[Card]:
        """Yield the cards of the named registers, of any origin, that changed since a day."""
        settings = self._settings
        self._check_card_files(query_.card_files)
        since = query_.rubric_changed_from
        changed = f"{settings.modified_field} ge {query.moment(settings.midnight(since))}" if since else ""
        registers = [f"{settings.card_file_field}/Name eq {query.text(one)}" for one in query_.card_files]
        expand = ("AnswerLetter", settings.card_file_field, "Questions($expand=Question)")
        where = query.every(
            changed,
            query.any_of(registers) if registers else "",
            f"{settings.state_field} ne {query.text(settings.draft_state)}",
        )
        for row in self._odata.every(settings.requests, where, expand=expand):
            yield read_card(row, settings)

    def _check_card_files(self, names: Iterable[str]) -> None:
        registers = self._settings.card_files
        for name in names:
            if not self._odata.page(registers, f"Name eq {query.text(name)}", top=1):
                sentence = _("Directum has no register “{name}” in {set}")
                raise PermanentError(sentence.format(name=name, set=registers), field="card_files")

    def annotate(self, card: CardRef, question: RubricValue, fields: Mapping[str, str]) -> None:
        """Fill properties of a card's question by the table `annotations`. Harmless to repeat."""
        known = self._settings.annotations
        if not known:
            raise UnsupportedError(_("Directum: no property is named in annotations"))
        if unknown := sorted(fields.keys() - known.keys()):
            sentence = _("{fields}: [sed.NAME] annotations names no property of Directum for this").format(
                fields=", ".join(unknown)
            )
            raise PermanentError(sentence, field="annotations")
        if not (card.id.isdecimal() and question.id.isdecimal()):
            raise PermanentError(_("not a card of this SED: {ref}").format(ref=card.id[:40]), field="card")
        path = f"{self._settings.requests}({card.id})/Questions({question.id})"
        body = {known[name]: value for name, value in fields.items()}
        self._odata.change(path, body, _("a question of card {id}").format(id=card.id))

    def dictionary(self, kind: str) -> Iterator[Entry]:
        """Yield `rubrics` (id = FullCode) or `card_files` (registers)."""
        if kind not in DICTIONARIES:
            raise UnsupportedError(_("Directum: no dictionary {kind}").format(kind=kind))
        if kind == "rubrics":
            for row in self._odata.every(self._settings.questions, "FullCode ne null"):
                yield Entry(str(row.get("FullCode") or ""), str(row.get("Name") or ""), deleted=_closed(row))
            return
        for row in self._odata.every(self._settings.card_files, ""):
            yield Entry(str(row["Id"]), str(row.get("Name") or ""), deleted=_closed(row))


def _closed(row: Mapping[str, object]) -> bool:
    return row.get("Status") == "Closed"


__all__ = ["CARD_EXPAND", "DirectumSed"]
