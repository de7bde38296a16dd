"""Writes a «Квитанция»: that a message came, and whether it could be read (sed.md section 2). Pure."""

from datetime import datetime
from uuid import UUID, uuid5

from connector.sed.medo.settings import MedoSettings, Participant
from connector.sed.medo.words import MessageKind
from connector.sed.medo.writing import COMMENT_LIMIT, close_message, moment, open_message

PASSPORT = "acknowledgment.xml"


def receipt_id(message_uid: UUID) -> UUID:
    """Return the id of the one receipt for a message: the same when it is written again."""
    return uuid5(message_uid, "sedlink:receipt")


def receipt_xml(
    message_uid: UUID, trouble: str, settings: MedoSettings, to: Participant, now: datetime
) -> bytes:
    """Return the receipt for a message; `trouble` says why it was not accepted, "" that it was."""
    writer, root = open_message(MessageKind.ACKNOWLEDGMENT, receipt_id(message_uid), settings, now)
    body = writer.add(root, "acknowledgment", uid=str(message_uid))
    writer.add(body, "time", moment(now, settings, with_zone=settings.in_container))
    writer.add(body, "accepted", "false" if trouble else "true")
    writer.text(body, "comment", trouble, COMMENT_LIMIT)
    return close_message(writer, root, settings, to)
