"""Real messages for `try`, `coverage` and `todo`: those of a file, else those of the journal.

The mappings know no journal: whoever assembles the program says where its messages are (`Journal.read`).
"""

from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import ClassVar

import typer

from config.i18n import _
from mappings.model import Message


class Journal:
    """Where messages come from when no file is named; None = there is no journal in this program."""

    read: ClassVar[Callable[[], Iterator[Message]] | None] = None


def messages_of(file: Path | None, last: int | None) -> list[Message]:
    """Return the messages of the file, else of the journal; `last` = only so many of the newest.

    Without either it is wrong use of the command.
    """
    from mappings.messages_file import read_messages

    if file is not None:
        return read_messages(file, last=last)
    if Journal.read is None:
        raise typer.BadParameter(_("name a file of messages: --messages FILE"))
    return list(deque(Journal.read(), maxlen=last))


def messages_or_counts(file: Path | None, last: int | None) -> list[Message] | None:
    """Return the messages that were asked for; None = the counts of the relay will do."""
    return None if file is None and last is None else messages_of(file, last)
