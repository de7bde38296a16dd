"""1С:Документооборот over DMService as a `connector.sed.Sed`."""

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from typing import BinaryIO

from config.i18n import _
from connector.appeal import Appeal, Card, CardRef, Pending, RubricValue, StoredFile
from connector.errors import PermanentError
from connector.peer import Entry, Health
from connector.sed import Capabilities, CardQuery, ChangePage, OpenFile
from connector.sed.dms1c.cards import DICTIONARIES, Cards
from connector.sed.dms1c.changes import Changes
from connector.sed.dms1c.gathering import Gathering
from connector.sed.dms1c.handover import Handover
from connector.sed.dms1c.health import examine
from connector.sed.dms1c.listing import Lists
from connector.sed.dms1c.settings import Dms1cSettings
from connector.sed.dms1c.soap import DmService, reading
from connector.sed.dms1c.template import Template

_GUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


class Dms1cSed:
    """One infobase of 1С:Документооборот. Safe to use from several threads; no network until used."""

    def __init__(self, settings: Dms1cSettings) -> None:
        self._settings = settings
        self._service = DmService(settings)
        self._lists = Lists(self._service, settings)
        self._template = Template(self._service, settings)
        self._handover = Handover(self._service, self._lists, self._template, settings)
        self._changes = Changes(self._lists, settings, Gathering(self._service, self._lists, settings))
        self._cards = Cards(self._service, self._lists, self._template, settings)

    @property
    def capabilities(self) -> Capabilities:
        """What DMService can do; a number is given by the SED's people, so it comes later."""
        return Capabilities(
            find_by_key=True, async_registration=True, cards=True, card_cursor=True, annotate=True,
            dictionaries=DICTIONARIES, max_file_size=self._settings.max_file_size,
        )  # fmt: skip

    def close(self) -> None:
        """Let go of the connections."""
        self._service.close()

    def check(self) -> Health:
        """Try credentials, properties and lists, change nothing."""
        return examine(self._service, self._lists, self._template, self._settings)

    def find(self, key: str) -> CardRef | Pending | None:
        """Return the card of a key; None also for one that lacks files, which `register` completes."""
        return self._handover.find(key)

    def register(
        self, appeal: Appeal, files: tuple[StoredFile, ...], open_file: OpenFile
    ) -> CardRef | Pending:
        """Make the card once per key, with its files. Raises as `connector.sed.Sed` says."""
        return self._handover.put(appeal, files, open_file)

    def changes(self, cursor: str, limit: int) -> ChangePage:
        """Return what happened to our cards after the cursor, at least once."""
        return self._changes.page(cursor, limit)

    def open_file(self, ref: str) -> AbstractContextManager[BinaryIO]:
        """Open a file of 1С by its GUID."""
        if not _GUID.fullmatch(ref):
            raise PermanentError(_("this is no id of a file of 1С"), code="file-gone")
        make = self._service.schema.make
        return self._service.content(
            reading(_("file {id}").format(id=ref), item=True),
            objectIds=[make("DMObjectID", id=ref, type="DMFile")],
            columnSet=["binaryData"],
        )

    def acknowledge(self, receipts: Iterable[str]) -> None:
        """Nothing is to be told: 1С keeps states, the cursor is ours."""
        del receipts

    def cards(self, query: CardQuery) -> Iterator[Card]:
        """Yield the cards of folders whose rubrics changed."""
        return self._cards.read(query)

    def annotate(self, card: CardRef, question: RubricValue, fields: Mapping[str, str]) -> None:
        """Fill additional properties of a card's question."""
        self._cards.annotate(card, question, fields)

    def dictionary(self, kind: str) -> Iterator[Entry]:
        """Yield rubrics or card files."""
        return self._cards.dictionary(kind)
