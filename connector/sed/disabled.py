"""An adapter of another package that cannot be loaded: its connection waits, everybody else's goes on."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import BinaryIO, NoReturn

from config.i18n import _
from connector.appeal import Appeal, Card, CardRef, Pending, RubricValue, StoredFile
from connector.errors import RetryableError
from connector.peer import Entry, Finding, Health
from connector.sed import Capabilities, CardQuery, ChangePage, OpenFile


class DisabledSed:
    """Every verb says why: the channel is paused, no item's attempts are spent, nothing is lost or parked.

    Once the package is mended the daemon is restarted and what waited goes on.
    """

    def __init__(self, reason: str) -> None:
        self.reason = reason

    @property
    def capabilities(self) -> Capabilities:
        """Claim the exchange, so that messages wait for the adapter instead of being refused."""
        return Capabilities(find_by_key=True, async_registration=False, cards=True)

    def check(self) -> Health:
        """Tell the reason."""
        return Health((Finding(_("adapter"), ok=False, sentence=self.reason),))

    def find(self, key: str) -> CardRef | Pending | None:
        """Say why it is disabled."""
        return self._refuse(key)

    def register(self, appeal: Appeal, files: Sequence[StoredFile], open_file: OpenFile) -> CardRef | Pending:
        """Say why it is disabled."""
        return self._refuse(appeal, files, open_file)

    def changes(self, cursor: str, limit: int) -> ChangePage:
        """Say why it is disabled."""
        return self._refuse(cursor, limit)

    def open_file(self, ref: str) -> AbstractContextManager[BinaryIO]:
        """Say why it is disabled."""
        return self._refuse(ref)

    def acknowledge(self, receipts: Iterable[str]) -> None:
        """Say why it is disabled."""
        self._refuse(receipts)

    def cards(self, query: CardQuery) -> Iterator[Card]:
        """Say why it is disabled."""
        return self._refuse(query)

    def annotate(self, card: CardRef, question: RubricValue, fields: Mapping[str, str]) -> None:
        """Say why it is disabled."""
        self._refuse(card, question, fields)

    def dictionary(self, kind: str) -> Iterator[Entry]:
        """Say why it is disabled."""
        return self._refuse(kind)

    def _refuse(self, *_given: object) -> NoReturn:
        raise RetryableError(self.reason, code="disabled")
