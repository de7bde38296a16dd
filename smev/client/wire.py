"""One call of the bus: an envelope out, alone or in a package with files; the answer's envelope back."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from smev.client import mtom
from smev.client.faults import GarbageError
from smev.client.line import MAX_ANSWER, Answer, Line

KEPT = 1 << 20
"""How much is kept of an answer that is not understood, bytes."""

_XML = "text/xml; charset=utf-8"
Record = Callable[[str, str, bytes], None]
"""Is told every envelope that passes: the operation, "out" or "in", the octets."""


def unrecorded(operation: str, way: str, octets: bytes) -> None:
    """Tell nobody."""


class Wire:
    """The calls of one endpoint. `record` is told what goes out before it goes, and what came at once."""

    def __init__(self, line: Line, record: Record = unrecorded) -> None:
        self.line, self._record = line, record

    def call(
        self, operation: str, envelope: bytes, parts: Sequence[mtom.Part] = (), folder: Path | None = None
    ) -> mtom.Package:
        """Return what the answer holds, whatever it says; its files go into the folder.

        Raises NotSentError, UnknownOutcomeError, and GarbageError for what cannot be an answer.
        """
        self._record(operation, "out", envelope)
        headers = {"Content-Type": _XML, "SOAPAction": f'"urn:{operation}"', "Accept": "*/*"}
        body: bytes | Iterator[bytes] = envelope
        if parts:
            written = mtom.write(envelope, parts)
            headers |= {"Content-Type": written.content_type, "Content-Length": str(written.size)}
            body = written.pieces
        with self.line.call("POST", body=body, headers=headers) as answer:
            package = _package(answer, folder)
        self._record(operation, "in", package.envelope)
        if answer.status not in (200, 202, 500) and b"Envelope" not in package.envelope[:1000]:
            raise GarbageError(f"HTTP {answer.status}", package.envelope[:KEPT])
        return package


def _package(answer: Answer, folder: Path | None) -> mtom.Package:
    if not mtom.is_package(answer.content_type):
        return mtom.Package(answer.body(mtom.MAX_ENVELOPE))
    if folder is None:
        raise GarbageError("files where none can be")
    return mtom.read(answer.content_type, answer.pieces, folder, limit=MAX_ANSWER)
