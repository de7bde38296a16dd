"""How far the changes of a SED were read into a mart, by card file: kept in the journal, after a load only.

What dies between the load and this note is read again, which changes nothing.
"""

import hashlib
from collections.abc import Iterable, Mapping

from config.settings import Settings
from connector.journal.journal import Journal
from connector.journal.opening import open_journal


class Bookmarks:
    """The places of one source in one mart. Raises JournalError where the journal cannot be used."""

    def __init__(self, settings: Settings, source: str, mart: str) -> None:
        self._settings = settings
        self._name = f"export:{source}:{hashlib.sha256(mart.encode()).hexdigest()[:16]}:"

    def read(self, card_files: Iterable[str]) -> dict[str, str]:
        """Return the cursor of each card file that has one."""
        with self._journal() as journal:
            found = {name: journal.cursor(self._name + name) for name in card_files}
        return {name: cursor for name, cursor in found.items() if cursor}

    def keep(self, reached: Mapping[str, str]) -> None:
        """Remember them."""
        with self._journal() as journal:
            for name, cursor in reached.items():
                journal.remember(self._name + name, cursor)

    def _journal(self) -> Journal:
        return open_journal(self._settings)
