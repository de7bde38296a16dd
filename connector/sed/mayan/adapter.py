"""Mayan EDMS over REST v4 as a `connector.sed.Sed` (sed.md 5)."""

import re
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from typing import BinaryIO, NoReturn

from config.i18n import _
from connector.appeal import Card, CardRef, RubricValue
from connector.errors import ConnectorError, PermanentError, UnsupportedError
from connector.peer import Entry, Finding, Health
from connector.sed import Capabilities, CardQuery
from connector.sed.halves import Halves
from connector.sed.mayan.client import Rest
from connector.sed.mayan.incoming import Incoming
from connector.sed.mayan.outgoing import Outgoing
from connector.sed.mayan.settings import MayanSettings

_REF = re.compile(r"(\d{1,18})/(\d{1,18})")


class MayanSed(Halves):
    """One Mayan EDMS. Safe to use from several threads; connects to nothing until used."""

    def __init__(self, settings: MayanSettings) -> None:
        self._settings = settings
        self._rest = Rest(settings)
        self._outgoing = Outgoing(settings, self._rest)
        self._incoming = Incoming(settings, self._rest)

    @property
    def capabilities(self) -> Capabilities:
        """What Mayan can do; it has no rubrics, so there are no cards for the mart."""
        return Capabilities(
            find_by_key=True, async_registration=False, max_file_size=self._settings.max_file_size
        )

    def close(self) -> None:
        """Let go of the connections."""
        self._rest.close()

    def check(self) -> Health:
        """Try the token; look for the document type, the metadata type and the workflow."""
        return Health(tuple(self._findings()))

    def _findings(self) -> Iterator[Finding]:
        settings = self._settings
        sought = (
            ("document_types/", "label", settings.document_type),
            ("metadata_types/", "name", settings.key_metadata),
            ("workflow_templates/", "internal_name", settings.workflow),
        )
        for path, field, value in sought:
            try:
                rows = self._rest.rows(path, _("the list {name}").format(name=path))
                ok = any(row.get(field) == value for row in rows)
            except ConnectorError as error:
                yield Finding(_("account"), ok=False, sentence=error.sentence)
                return
            sentence = (
                _("“{value}” is in {name}")
                if ok
                else _("Mayan has no “{value}” in {name}: make it or correct the configuration")
            )
            yield Finding(path.rstrip("/"), ok, sentence.format(value=value, name=path.rstrip("/")))

    def open_file(self, ref: str) -> AbstractContextManager[BinaryIO]:
        """Open a file that an event named."""
        found = _REF.fullmatch(ref)
        if not found:
            raise PermanentError(
                _("not a document of this SED: {ref}").format(ref=ref[:60]), code="file-gone", field="files"
            )
        path = f"documents/{found[1]}/files/{found[2]}/download/"
        return self._rest.open(path, self._settings.max_file_size, _("the document {ref}").format(ref=ref))

    # -- what Mayan does not have

    def cards(self, query: CardQuery) -> Iterator[Card]:
        """Raise UnsupportedError: documents of Mayan have no rubrics."""
        del query
        _unsupported(_("reading cards for the mart"))

    def annotate(self, card: CardRef, question: RubricValue, fields: Mapping[str, str]) -> None:
        """Raise UnsupportedError."""
        del card, question, fields
        _unsupported(_("filling fields of a registered card"))

    def dictionary(self, kind: str) -> Iterator[Entry]:
        """Raise UnsupportedError."""
        _unsupported(_("reading the dictionary {kind}").format(kind=kind))


def _unsupported(what: str) -> NoReturn:
    raise UnsupportedError(_("{what}: Mayan does not have this").format(what=what))
