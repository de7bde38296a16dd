"""Registers a message once in Mayan: the document, its files, and last the metadata that makes it a card.

A document without the metadata is a beginning: the next attempt goes on with it. What is already there is
told by name and SHA-256, so that an answer that was lost, or a 500 after the file was stored (sed.md 5),
doubles nothing.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterable

from config.i18n import _, speaking
from connector.appeal import Appeal, CardRef, StoredFile
from connector.errors import OutcomeUnknownError, PermanentError
from connector.sed import OpenFile
from connector.sed.mayan.client import Rest, Row
from connector.sed.mayan.settings import MayanSettings
from connector.sed.mayan.words import description, label, search_words
from connector.sed.names import safe_file_name

_POLL = 0.5  # seconds between looks at a file that Mayan works on


class Outgoing:
    """The writing half of the adapter. Thread-safe."""

    def __init__(
        self, settings: MayanSettings, rest: Rest, *, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._settings = settings
        self._rest = rest
        self._sleep = sleep
        self._types: dict[str, int] = {}

    def find(self, key: str) -> CardRef | None:
        """Return the card of a key: the oldest document that bears its metadata."""
        ready = [document for document in self._documents(key) if self._is_card(document, key)]
        return CardRef(str(ready[0])) if ready else None

    def put(self, appeal: Appeal, files: tuple[StoredFile, ...], open_file: OpenFile) -> CardRef:
        """Register the message, once per key. Raises as `connector.sed.Sed` says."""
        self._check_sizes(files)
        known = self._documents(appeal.key)
        if ready := next((one for one in known if self._is_card(one, appeal.key)), None):
            return CardRef(str(ready))
        document = known[0] if known else self._create(appeal, files)
        self._upload(document, files, open_file)
        self._launch(document)
        return self._publish(document, appeal.key)

    def _create(self, appeal: Appeal, files: tuple[StoredFile, ...]) -> int:
        empty = [safe_file_name(file.name) for file in files if not file.size]
        with speaking(self._settings.language):
            body = {
                "document_type_id": self.type_id(),
                "label": label(appeal),
                "description": description(appeal, empty),
            }
        return int(self._rest.post("documents/", body, _("the new document"))["id"])

    # ---- files

    def _upload(self, document: int, files: tuple[StoredFile, ...], open_file: OpenFile) -> None:
        """Bring the files over; Mayan refuses empty ones, those are named in the description."""
        wanted = [(safe_file_name(file.name), file) for file in files if file.size]
        have = self._stored(document)
        for name, file in wanted:
            if have[name, file.sha256]:
                have[name, file.sha256] -= 1
                continue
            form = {"action_name": "append", "comment": self._settings.file_comment, "filename": name}
            with open_file(file) as body:
                try:
                    what = _("a file of the new document")
                    self._rest.upload(f"documents/{document}/files/", form, name, body, what)
                except OutcomeUnknownError:
                    continue  # what came of it is seen below
        self._await(document, Counter((name, file.sha256) for name, file in wanted))

    def _await(self, document: int, wanted: Counter[tuple[str, str]]) -> None:
        """Wait until every file lies there with equal hash."""
        waited = 0.0
        while missing := wanted - self._stored(document):
            if waited >= self._settings.settle:
                sentence = _("{count} files of the new document have not appeared in Mayan")
                raise OutcomeUnknownError(sentence.format(count=missing.total()))
            self._sleep(_POLL)
            waited += _POLL

    def _stored(self, document: int) -> Counter[tuple[str, str]]:
        rows = self._rest.rows(f"documents/{document}/files/", _("the files of a document"))
        return Counter((str(row.get("filename")), str(row.get("checksum"))) for row in rows)

    # ---- the card

    def _launch(self, document: int) -> None:
        """Launch the workflow where Mayan did not: a 500 may leave a document without one (tried)."""
        path = f"documents/{document}/workflow_instances/"
        what = _("the workflow of a document")
        mine = {row["workflow_template"].get("internal_name") for row in self._rest.rows(path, what)}
        if self._settings.workflow not in mine:
            template = self._id("workflow_templates/", "internal_name", self._settings.workflow)
            self._rest.order(f"{path}launch/", {"workflow_template_id": template}, what)

    def _publish(self, document: int, key: str) -> CardRef:
        """Put the key on the document, unless another worker was first: then its document is the card."""
        first = min((one for one in self._documents(key) if one < document), default=None)
        if first is not None:
            self._rest.delete(f"documents/{document}/", _("a document that was begun twice"))
            raise OutcomeUnknownError(_("the same message is being registered by another worker"))
        body = {"metadata_type_id": self._metadata_id(), "value": key}
        self._rest.post(f"documents/{document}/metadata/", body, _("the key of the new document"))
        return CardRef(str(document))

    def _documents(self, key: str) -> list[int]:
        """Return the documents whose label names a key, the oldest first: by the search and by a look.

        The search index may lag behind; a document that was just made is among the newest.
        """
        mark = f"[{key}]"
        found = set()
        newest = self._rest.rows("documents/", _("the newest documents"), _ordering="-id")
        for place, row in enumerate(newest, start=1):
            found |= self._ours(row, mark)
            if place >= self._settings.newest:
                break
        if not found:
            search = "search/advanced/documents.documentsearchresult/"
            for row in self._rest.rows(search, _("the search"), label=search_words(key)):
                found |= self._ours(row, mark)
        return sorted(found)

    def _ours(self, row: Row, mark: str) -> set[int]:
        kind = row.get("document_type")
        mine = isinstance(kind, dict) and kind.get("label") == self._settings.document_type
        return {row["id"]} if mine and str(row.get("label", "")).endswith(mark) else set()

    def _is_card(self, document: int, key: str) -> bool:
        rows = self._rest.rows(f"documents/{document}/metadata/", _("the metadata of a document"))
        return any(
            row.get("value") == key and row["metadata_type"].get("name") == self._settings.key_metadata
            for row in rows
        )

    # ---- ids by names

    def type_id(self) -> int:
        """Return the id of the document type."""
        return self._id("document_types/", "label", self._settings.document_type)

    def _metadata_id(self) -> int:
        return self._id("metadata_types/", "name", self._settings.key_metadata)

    def _id(self, path: str, field: str, value: str) -> int:
        if path not in self._types:
            rows = self._rest.rows(path, _("the list {name}").format(name=path))
            found = next((row["id"] for row in rows if row.get(field) == value), None)
            if found is None:
                sentence = _("Mayan has no “{value}” in {name}: make it or correct the configuration")
                raise PermanentError(sentence.format(value=value, name=path.rstrip("/")), code="not-set-up")
            self._types[path] = found
        return self._types[path]

    def _check_sizes(self, files: Iterable[StoredFile]) -> None:
        limit = self._settings.max_file_size
        if any(file.size > limit for file in files):
            sentence = _("a file is larger than {limit} bytes: see max_file_size").format(limit=limit)
            raise PermanentError(sentence, code="too-large", field="files")
