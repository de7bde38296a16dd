"""Registers a message once: a row that is not ready, its questions, its files, and last the mark that it is.

A row that is not ready is a beginning: the next attempt goes on with the oldest. The public API deletes
nothing, so a beginning that was doubled by a lost answer stays one for good and is never a card.
"""

from collections.abc import Callable
from uuid import UUID, uuid4

from config.i18n import _, speaking
from connector.appeal import Appeal, CardRef, StoredFile
from connector.errors import OutcomeUnknownError, PermanentError
from connector.sed import OpenFile
from connector.sed.attachments import refuse_large
from connector.sed.elma365.client import Api, Row, identity
from connector.sed.elma365.query import equal
from connector.sed.elma365.reading import ref
from connector.sed.elma365.settings import ElmaSettings
from connector.sed.elma365.words import context, question
from connector.sed.folder import Digest
from connector.sed.names import safe_file_name


class Outgoing:
    """The writing half of the adapter. Thread-safe."""

    def __init__(self, settings: ElmaSettings, api: Api, *, mark: Callable[[], UUID] = uuid4) -> None:
        self._settings = settings
        self._api = api
        self._mark = mark

    def find(self, key: str) -> CardRef | None:
        """Return the card of a key; a row that is not ready is none."""
        return next((ref(row, self._settings) for row in self._rows(key) if self._ready(row)), None)

    def put(self, appeal: Appeal, files: tuple[StoredFile, ...], open_file: OpenFile) -> CardRef:
        """Register the message, once per key. Raises as `connector.sed.Sed` says."""
        refuse_large(files, self._settings.max_file_size)
        known = self._rows(appeal.key)
        if ready := next((row for row in known if self._ready(row)), None):
            return ref(ready, self._settings)
        with speaking(self._settings.language):
            row = identity(known[0]) if known else self._create(appeal)
            self._add_questions(row, appeal)
        ids = [self._upload(file, open_file) for file in files]
        return self._publish(row, appeal.key, ids)

    def _create(self, appeal: Appeal) -> str:
        return self._api.create(self._settings.app, context(appeal, self._settings), _("the new card"))

    def _add_questions(self, row: str, appeal: Appeal) -> None:
        """Make the questions that a beginning lacks; without an app for them the text names them."""
        app, codes = self._settings.questions, self._settings.question_fields
        if not app:
            return
        there = self._api.rows(app, equal(codes["appeal"], row), what=_("the questions of a card"))
        have = {one.get(codes["ordinal"]) for one in there}
        for one in appeal.questions:
            if one.code and one.ordinal not in have:
                told = question(one, row, self._settings)
                self._api.create(app, told, _("a question of the new card"))

    def _upload(self, file: StoredFile, open_file: OpenFile) -> str:
        what = _("an attachment of the new card")
        digest = Digest()
        with open_file(file) as body:
            name = safe_file_name(file.name)
            told = self._api.upload(name, body, file.size, str(self._mark()), what, digest.update)
        if not digest.matches(file):
            sentence = _("{what}: the stored file is damaged ({why})").format(what=what, why="SHA-256")
            raise PermanentError(sentence, code="file-damaged", field="files")
        return told

    def _publish(self, row: str, key: str, files: list[str]) -> CardRef:
        """Mark the row as ready with its files, unless another worker's row is the card."""
        known = self._rows(key)
        if ready := next((one for one in known if self._ready(one)), None):
            return ref(ready, self._settings)
        if known and identity(known[0]) != row:
            raise OutcomeUnknownError(_("the same message is being registered by another worker"))
        fields = self._settings.fields
        self._api.update(
            self._settings.app, row, {fields["files"]: files, fields["ready"]: True}, _("the new card")
        )
        return CardRef(row)

    def _rows(self, key: str) -> list[Row]:
        """Return the rows of a key, the oldest first."""
        where = equal(self._settings.fields["key"], key)
        rows = {identity(row): row for row in self._api.rows(self._settings.app, where, what=_("the search"))}
        return sorted(rows.values(), key=_age)

    def _ready(self, row: Row) -> bool:
        return row.get(self._settings.fields["ready"]) is True


def _age(row: Row) -> tuple[str, int, str]:
    index = row.get("__index")
    return str(row.get("__createdAt") or ""), index if isinstance(index, int) else 0, identity(row)
