"""What exchanges over folders share: what they hand over, and that they carry messages only."""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import NoReturn, Protocol

from config.i18n import _
from connector.appeal import Appeal, Card, CardRef, Pending, RubricValue, StoredFile
from connector.errors import UnsupportedError
from connector.peer import Entry
from connector.sed import Capabilities, CardQuery, OpenFile


class MessagesOnly:
    """The part of `connector.sed.Sed` that an exchange called `_exchange` refuses, in so many words."""

    _exchange: str

    def cards(self, query: CardQuery) -> Iterator[Card]:
        """Raise UnsupportedError: messages are carried, not the card file."""
        del query
        self._unsupported(_("reading cards for the mart"))

    def annotate(self, card: CardRef, question: RubricValue, fields: Mapping[str, str]) -> None:
        """Raise UnsupportedError: no way to change fields of a registered card is known to work."""
        del card, question, fields
        self._unsupported(_("filling fields of a registered card"))

    def dictionary(self, kind: str) -> Iterator[Entry]:
        """Raise UnsupportedError: no dictionaries are carried."""
        self._unsupported(_("reading the dictionary {kind}").format(kind=kind))

    def _unsupported(self, what: str) -> NoReturn:
        raise UnsupportedError(
            _("{what}: the exchange {exchange} does not carry this").format(
                what=what, exchange=self._exchange
            )
        )


class Limited(Protocol):
    """Settings of an exchange over folders."""

    @property
    def max_file_size(self) -> int | None:
        """The largest file, in bytes."""
        ...


class Handing(Protocol):
    """The half of an exchange over folders that writes."""

    def find(self, key: str) -> Pending | None:
        """Return the receipt of a message that was handed over under a key."""
        ...

    def put(
        self, appeal: Appeal, files: tuple[StoredFile, ...], open_file: OpenFile, now: datetime
    ) -> Pending:
        """Hand the message over, once per key."""
        ...


class FolderExchange(MessagesOnly):
    """The verbs that exchanges over folders answer alike: registration comes later, by a message."""

    _settings: Limited
    _outgoing: Handing
    _clock: Callable[[], datetime]

    @property
    def capabilities(self) -> Capabilities:
        """What the exchange can do; cards are not read over it."""
        return Capabilities(
            find_by_key=True, async_registration=True, max_file_size=self._settings.max_file_size
        )

    def find(self, key: str) -> CardRef | Pending | None:
        """Return the receipt of a message that was handed over under a key; its number comes as an event."""
        return self._outgoing.find(key)

    def register(
        self, appeal: Appeal, files: tuple[StoredFile, ...], open_file: OpenFile
    ) -> CardRef | Pending:
        """Hand the message over, once per key. Raises as `connector.sed.Sed` says."""
        return self._outgoing.put(appeal, files, open_file, self._clock())
