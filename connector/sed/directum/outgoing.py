"""Registers a message once: a draft card, its text, its files, and only then the card that people see.

A card is a draft until everything of it is there, so whatever breaks leaves nothing but a draft: it is
deleted and made anew by the next attempt. The last step, out of draft, is the only one that counts.
"""

import io
import logging
from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime
from pathlib import PurePosixPath
from typing import BinaryIO

from config.i18n import _, speaking
from connector.appeal import Appeal, CardRef, StoredFile
from connector.errors import ChannelError, ItemError, OutcomeUnknownError, PermanentError
from connector.sed import OpenFile
from connector.sed.directum import prose, query
from connector.sed.directum.client import OData, Row, identity
from connector.sed.directum.reading import moment
from connector.sed.directum.settings import DirectumSettings
from connector.sed.names import extension, safe_file_name
from connector.sed.prose import letter

log = logging.getLogger(__name__)

_NO_SUCH = -1


class Outgoing:
    """The writing half of the adapter. Thread-safe."""

    def __init__(self, settings: DirectumSettings, odata: OData) -> None:
        self._settings = settings
        self._odata = odata
        self._applications: dict[str, int] = {}  # extension → id

    def find(self, key: str) -> CardRef | None:
        """Return the card of a key; a draft is no card."""
        return next((self._ref(row) for row in self._cards(key) if not self._is_draft(row)), None)

    def put(self, appeal: Appeal, files: tuple[StoredFile, ...], open_file: OpenFile) -> CardRef:
        """Register the message, once per key. Raises as `connector.sed.Sed` says."""
        self._check_sizes(files)
        known = self._cards(appeal.key)
        if ready := next((row for row in known if not self._is_draft(row)), None):
            return self._ref(ready)
        for draft in known:
            self._discard(identity(draft))
        with speaking(self._settings.language):
            card = self._odata.create(
                self._settings.requests, prose.properties(appeal, self._settings), _("the new card")
            )
            try:
                self._fill(card, appeal, files, open_file)
            except PermanentError:
                self._discard_quietly(card)
                raise
        return self._publish(card, appeal.key)

    # ---- the parts of a card

    def _fill(self, card: int, appeal: Appeal, files: tuple[StoredFile, ...], open_file: OpenFile) -> None:
        path = f"{self._settings.requests}({card})"
        for code in dict.fromkeys(question.code for question in appeal.questions if question.code):
            body = {"Question": {"Id": self._question(code)}}
            self._odata.create(f"{path}/Questions", body, _("a question of the new card"))
        text = letter(appeal).encode()
        self._store(path, ".txt", io.BytesIO(text), len(text), _("the text of the new card"))
        for file in files:
            self._attach(card, file, open_file)

    def _attach(self, card: int, file: StoredFile, open_file: OpenFile) -> None:
        """Store a file as a document of its own; one whose body failed is deleted (sed.md 4)."""
        name = safe_file_name(file.name)
        what = _("an attachment of the new card")
        document = self._odata.create(
            self._settings.attachments, {"Name": name, self._settings.lead_field: {"Id": card}}, what
        )
        path = f"{self._settings.attachments}({document})"
        try:
            with open_file(file) as body:
                self._store(path, extension(name), body, file.size, what)
        except (ItemError, ChannelError):
            with suppress(ItemError, ChannelError):
                self._odata.delete(path, what)
            raise

    def _store(self, path: str, suffix: str, body: BinaryIO, size: int, what: str) -> None:
        version = self._odata.create(
            f"{path}/Versions",
            {"Number": 1, "AssociatedApplication": {"Id": self._application(suffix)}},
            what,
        )
        self._odata.put_body(f"{path}/Versions({version})", body, size, what)

    def _question(self, code: str) -> int:
        found = self._odata.page(
            self._settings.questions, f"FullCode eq {query.text(code)}", select="Id", top=1
        )
        if not found:
            sentence = _(
                "Directum has no question {code} in {set}: add it there or correct the table of mappings"
            ).format(code=code, set=self._settings.questions)
            raise PermanentError(sentence, code="no-rubric", field="Questions")
        return identity(found[0])

    def _application(self, suffix: str) -> int:
        """Return the application that opens files of an extension; Directum keeps no version without one."""
        wanted = suffix.removeprefix(".").lower()
        if wanted not in self._applications:
            other = self._settings.other_extension.removeprefix(".").lower()
            found = self._look_up(wanted)
            if found == _NO_SUCH and other:
                found = self._look_up(other)
            if found == _NO_SUCH:
                sentence = _(
                    "Directum knows no application for files .{extension}: add one, or name another "
                    "extension in other_extension"
                ).format(extension=wanted)
                raise PermanentError(sentence, code="no-application", field="files")
            self._applications[wanted] = found
        return self._applications[wanted]

    def _look_up(self, wanted: str) -> int:
        where = f"Extension eq {query.text(wanted)}"
        found = self._odata.page(self._settings.applications, where, select="Id", top=1)
        return identity(found[0]) if found else _NO_SUCH

    # ---- drafts and the card

    def _publish(self, card: int, key: str) -> CardRef:
        """Take the card out of draft, unless another worker was first: then its card is the one."""
        others = [row for row in self._cards(key) if identity(row) != card]
        first = next((row for row in others if not self._is_draft(row)), None)
        if first is not None:
            self._discard(card)
            return self._ref(first)
        if any(identity(row) < card for row in others):
            self._discard(card)
            raise OutcomeUnknownError(_("the same message is being registered by another worker"))
        ready = {self._settings.state_field: self._settings.ready_state}
        self._odata.change(f"{self._settings.requests}({card})", ready, _("the new card"))
        return CardRef(str(card))

    def _discard(self, card: int) -> None:
        """Delete a draft with its attachments."""
        where = f"{self._settings.lead_field}/Id eq {card}"
        for row in list(self._odata.every(self._settings.attachments, where, select="Id")):
            path = f"{self._settings.attachments}({identity(row)})"
            self._odata.delete(path, _("an attachment of an unfinished card"))
        self._odata.delete(f"{self._settings.requests}({card})", _("an unfinished card"))

    def _discard_quietly(self, card: int) -> None:
        """Delete the draft of a message that will be parked; what stays is deleted by the next attempt."""
        try:
            self._discard(card)
        except (ItemError, ChannelError) as error:
            log.warning("draft %s of a refused message stays in Directum (%s)", card, error.code)

    def _cards(self, key: str) -> list[Row]:
        """Return the cards of a key, the oldest first: two of them mean that one is to be thrown away."""
        where = f"{self._settings.key_field} eq {query.text(key)}"
        select = f"Id,RegistrationNumber,RegistrationDate,{self._settings.state_field}"
        return list(self._odata.every(self._settings.requests, where, select=select))

    def _is_draft(self, row: Row) -> bool:
        return bool(row.get(self._settings.state_field) == self._settings.draft_state)

    def _ref(self, row: Row) -> CardRef:
        registered: datetime | None = moment(row.get("RegistrationDate"))
        return CardRef(
            str(identity(row)), str(row.get("RegistrationNumber") or ""), self._settings.day(registered)
        )

    def _check_sizes(self, files: Iterable[StoredFile]) -> None:
        limit = self._settings.max_file_size
        for file in files:
            if file.size > limit:
                sentence = _(
                    "file {name} has {size} bytes, Directum takes {limit}: see max_file_size"
                ).format(name=f"*{PurePosixPath(file.name).suffix}", size=file.size, limit=limit)
                raise PermanentError(sentence, code="too-large", field="files")
