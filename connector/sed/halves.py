"""An adapter over HTTP made of two halves: one that writes, one that reads; nothing is to be acknowledged."""

from collections.abc import Iterable
from typing import Protocol

from connector.appeal import Appeal, CardRef, Pending, StoredFile
from connector.sed import ChangePage, OpenFile


class Writing(Protocol):
    """The half that registers."""

    def find(self, key: str) -> CardRef | None:
        """Return the card of a key."""
        ...

    def put(self, appeal: Appeal, files: tuple[StoredFile, ...], open_file: OpenFile) -> CardRef:
        """Register the message, once per key."""
        ...


class Reading(Protocol):
    """The half that tells what happened."""

    def changes(self, cursor: str, limit: int) -> ChangePage:
        """Return what happened after the cursor."""
        ...


class Halves:
    """The verbs of `connector.sed.Sed` that the halves answer by themselves."""

    _outgoing: Writing
    _incoming: Reading

    def find(self, key: str) -> CardRef | Pending | None:
        """Return the card of a key; one that was begun and never finished is none."""
        return self._outgoing.find(key)

    def register(
        self, appeal: Appeal, files: tuple[StoredFile, ...], open_file: OpenFile
    ) -> CardRef | Pending:
        """Register the message, once per key. Raises as `connector.sed.Sed` says."""
        return self._outgoing.put(appeal, files, open_file)

    def changes(self, cursor: str, limit: int) -> ChangePage:
        """Return what changed and what that tells."""
        return self._incoming.changes(cursor, limit)

    def acknowledge(self, receipts: Iterable[str]) -> None:
        """Do nothing: reading changes nothing in such a SED."""
        del receipts
