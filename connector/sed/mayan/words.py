"""What a message says in Mayan: the label with the key, the description with everything. Pure."""

from collections.abc import Sequence

from config.i18n import _
from connector.appeal import Appeal
from connector.sed.prose import letter

_LONGEST_LABEL = 255  # characters


def label(appeal: Appeal) -> str:
    """Return the label of a document; it ends with the key in brackets, by which it is found again."""
    mark = f" [{appeal.key}]"
    number = appeal.number or appeal.platform_id
    head = _("Message {number}").format(number=number)
    return head[: _LONGEST_LABEL - len(mark)] + mark


def key_of(text: str) -> str:
    """Return the key that a label ends with, or nothing."""
    head, bracket, tail = text.rpartition("[")
    return tail.removesuffix("]") if head and bracket and tail.endswith("]") else ""


def search_words(key: str) -> str:
    """Return the exact phrase by which Mayan searches a label."""
    return f'"{key}"'


def description(appeal: Appeal, empty_files: Sequence[str]) -> str:
    """Return the whole message; Mayan takes no empty file, so those are named here."""
    lines = [_("Empty file: {name}").format(name=name) for name in empty_files]
    return "\n".join([letter(appeal), *lines])
