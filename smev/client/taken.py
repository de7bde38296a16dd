"""From what an answer says to a message with its files: where their bytes are, how to check them."""

from smev.client.faults import GarbageError
from smev.client.mtom import Package
from smev.client.understand import inline_contents
from smev.client.words import Incoming, IncomingFile, Queue
from smev.envelope.words import Attachment, Content, FileReference, ProcessingStatus, Received
from smev.errors import SmevError


def taken(queue: Queue, message: Received, package: Package, problem: SmevError | None) -> Incoming:
    """Return the message of an answer. Raises GarbageError for one without an id to acknowledge.

    A word of GetStatus has no id of its own: it is acknowledged by that of the message it is about.
    """
    body = message.body
    handle = message.message_id or (body.original_id if isinstance(body, ProcessingStatus) else "")
    if not handle:
        raise GarbageError("a message without MessageId", package.envelope)
    return Incoming(
        queue=queue,
        message=message,
        raw=package.envelope,
        handle=handle,
        files=_files(message, body, package) if isinstance(body, Content) else (),
        problem=problem,
    )


def _files(message: Received, content: Content, package: Package) -> tuple[IncomingFile, ...]:
    inline = inline_contents(package.envelope) if content.attachments else {}
    return (
        *(_inside(one, inline.get(one.content_id), package) for one in content.attachments),
        *(_beside(one, message) for one in content.files),
    )


def _inside(header: Attachment, content: bytes | str | None, package: Package) -> IncomingFile:
    """Only what a header declares, and so a signature covers, becomes a file."""
    return IncomingFile(
        id=header.content_id,
        name=header.content_id,
        mime_type=header.mime_type or "application/octet-stream",
        signature=header.signature,
        data=content if isinstance(content, bytes) else None,
        spool=package.parts.get(content) if isinstance(content, str) else None,
    )


def _beside(reference: FileReference, message: Received) -> IncomingFile:
    access = next((one for one in message.access if one.uuid == reference.uuid), None)
    told = reference.file_name or ("" if access is None else access.file_name.rpartition("/")[2])
    return IncomingFile(
        id=reference.uuid,
        name=told or reference.uuid,
        mime_type=reference.mime_type or "application/octet-stream",
        digest=reference.digest,
        signature=reference.signature,
        location="" if access is None else access.file_name or reference.uuid,
        user="" if access is None else access.user,
        password="" if access is None else access.password,
    )
