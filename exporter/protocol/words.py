"""The protocol's lines for the screen, in the language of the moment."""

from collections.abc import Iterator

from config.i18n import _
from exporter.protocol.collect import Protocol
from exporter.protocol.tell import Told
from exporter.reasons import REASONS, advice_of, text_of

_SHOWN = 3  # cards


def rows_of(protocol: Protocol) -> Iterator[tuple[object, ...]]:
    """Yield mart, cabinet, card file, reason, number, advice, some cards: the most frequent first."""
    for where, number in protocol.counts.most_common():
        target, cabinet, card_file, code = where
        known = code in REASONS
        reason, advice = (text_of(code), advice_of(code)) if known else (code, "")
        cards = ", ".join(protocol.named[where][:_SHOWN])
        yield target_word(target), cabinet, card_file, reason, number, advice, cards
    for batch in protocol.held:
        sentence = _("too many rows were refused: nothing of this load was published")
        yield target_word("mart"), None, batch.source, sentence, batch.refused, "", ""


def target_word(target: str) -> str:
    """Name what did not take the row: the mart, or a state data mart by its section."""
    return _("mart") if target == "mart" else target


def word_of(told: Told) -> str:
    """Say what became of the mail."""
    return {
        Told.OFF: _("none: mail.host is not set"),
        Told.NOTHING_NEW: _("none: nothing new to say"),
        Told.FAILING: _("sent"),
        Told.OVER: _("sent: it is over"),
        Told.NOT_SENT: _("could not be sent"),
    }[told]
