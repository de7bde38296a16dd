"""What an exchange of messages does not carry: the card file, its fields, the dictionaries."""

from collections.abc import Iterator, Mapping
from typing import NoReturn

from config.i18n import _
from connector.appeal import Card, CardRef, RubricValue
from connector.errors import UnsupportedError
from connector.peer import Entry
from connector.sed import CardQuery


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
