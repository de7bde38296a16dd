"""The journal's messages as the mappings see them: for trying a table on what really came in."""

from collections.abc import Iterator

from connector.classify import message_of
from connector.journal.journal import Journal
from mappings.model import Message


def mapped_messages(journal: Journal) -> Iterator[Message]:
    """Yield every question of every message that could be read, in the order of receipt."""
    for one in journal.rounds():
        if one.appeal is not None:
            for question in one.appeal.questions:
                yield message_of(one.appeal, question)
