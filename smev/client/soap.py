"""The bus itself over SOAP: every operation of versions 1.1, 1.2 and 1.3, signed, with files."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from smev.client import compose, fetching, files
from smev.client.faults import AlreadySentError, GarbageError
from smev.client.ftp import FileStore
from smev.client.line import Line
from smev.client.mtom import Package
from smev.client.spool import Spool, drop
from smev.client.taken import taken
from smev.client.understand import Understood, understand
from smev.client.wire import KEPT, Record, Wire, unrecorded
from smev.client.words import Incoming, IncomingFile, Outgoing, Queue, Receipt, Request
from smev.envelope import write
from smev.envelope.words import Accepted, Empty, Queues, Received, Selector, Version
from smev.errors import UnsupportedError
from smev.gost.provider import Provider
from smev.gost.signer import Signer
from smev.gost.trust import TrustStore
from smev.signature import Place, sign

if TYPE_CHECKING:
    from smev.client.wsdl import Description

Clock = Callable[[], datetime]
_GETS = {Queue.REQUESTS: "GetRequest", Queue.RESPONSES: "GetResponse", Queue.STATUSES: "GetStatus"}
_WITHOUT_STORE = 1 << 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Who we are to the bus, and whose signature on its side is trusted (None: whoever's holds)."""

    signer: Signer
    provider: Provider
    personal: Signer | None = None  # signs business content and files in an official's name
    trust: TrustStore | None = None


def utc_now() -> datetime:
    """Return the time."""
    return datetime.now(UTC)


class SoapTransport:
    """A Transport (smev.client.transport) to the bus itself. Thread-safe.

    Args:
        line: to the endpoint of the version.
        version: of the message exchange schemas.
        identity: keys and certificates.
        file_store: for files that do not go inside the message; None: all go inside.
        inline_limit: largest file that goes inside the message, bytes.
        record: is told every envelope sent and received.
        clock: tells the time, with its offset.
    """

    name = "soap"

    def __init__(
        self,
        line: Line,
        version: Version,
        identity: Identity,
        *,
        file_store: FileStore | None = None,
        inline_limit: int = 1 << 20,
        record: Record = unrecorded,
        clock: Clock = utc_now,
    ) -> None:
        self._version, self._identity, self._file_store = version, identity, file_store
        self._inline_limit = inline_limit if file_store else _WITHOUT_STORE
        self._wire, self._clock, self._spool = Wire(line, record), clock, Spool()

    # ---- sending

    def send(self, message: Outgoing) -> Receipt:
        """Upload the files, sign and send. See Transport."""
        identity = self._identity
        signer = identity.personal or identity.signer
        signed = [files.sign_file(one, signer, identity.provider, self._clock()) for one in message.files]
        inside, beside = compose.divide(signed, self._inline_limit)
        envelope = compose.envelope(self._version, message, inside, beside)
        if identity.personal is not None and compose.has_content(message):
            envelope = sign(envelope, identity.personal, Place.PERSONAL, provider=identity.provider)
        envelope = self._signed(envelope)
        if self._file_store is not None:
            for one in beside:
                self._file_store.upload(one.file.uuid, compose.store_name(one), one.file.path)
        operation = "SendRequest" if isinstance(message, Request) else "SendResponse"
        return self._send(operation, envelope, message.message_id, inside)

    def send_as_is(self, envelope: bytes) -> Receipt:
        """Send a signed SendRequest or SendResponse envelope without touching an octet of it.

        Raises InputError when it is neither; else as `send`.
        """
        operation, message_id = compose.identify(envelope)
        return self._send(operation, envelope, message_id, ())

    def _send(
        self, operation: str, envelope: bytes, message_id: str, inside: Sequence[files.SignedFile]
    ) -> Receipt:
        try:
            package = self._wire.call(operation, envelope, compose.parts(inside))
            understood = self._understand(package)
        except AlreadySentError as error:
            return Receipt(message_id=message_id, already=True, raw=error.reason.encode())
        answer = understood.answer
        if understood.problem or not isinstance(answer, Accepted):
            raise GarbageError(
                str(understood.problem or f"no answer to {operation}"), package.envelope[:KEPT]
            )
        theirs = answer.metadata.message_id
        reference = "" if theirs == message_id else theirs
        return Receipt(message_id=message_id, reference=reference, raw=package.envelope)

    def _signed(self, envelope: bytes) -> bytes:
        return sign(envelope, self._identity.signer, provider=self._identity.provider)

    # ---- receiving

    def receive(self, queue: Queue, selector: Selector | None = None) -> Incoming | None:
        """Take the next message. See Transport."""
        folder = self._spool.folder()
        try:
            package = self._wire.call(_GETS[queue], self._signed(self._question(queue, selector)), (), folder)
            understood = self._understand(package)
            incoming = self._taken(queue, understood, package)
        except BaseException:
            drop(folder)
            raise
        if incoming is None:
            drop(folder)
        else:
            self._spool.keep(incoming.handle, folder)
        return incoming

    def _question(self, queue: Queue, selector: Selector | None) -> bytes:
        if queue is Queue.STATUSES:
            return write.get_status(self._version, self._clock())
        ask = write.get_request if queue is Queue.REQUESTS else write.get_response
        return ask(self._version, self._clock(), selector)

    def _taken(self, queue: Queue, understood: Understood, package: Package) -> Incoming | None:
        if isinstance(understood.answer, Received):
            return taken(queue, understood.answer, package, understood.problem)
        if isinstance(understood.answer, Empty):
            return None
        raise GarbageError(f"no answer to {_GETS[queue]}", package.envelope[:KEPT])

    def reread(self, raw: bytes) -> Received:
        """Read kept octets again, signatures included. See transport.Rereader."""
        understood = self._understand(Package(raw))
        if understood.problem is not None:
            raise understood.problem
        if not isinstance(understood.answer, Received):
            raise GarbageError("no message", raw[:KEPT])
        return understood.answer

    def fetch(self, file: IncomingFile, target: Path) -> None:
        """Bring a file and check it. See Transport."""
        fetching.fetch(file, target, self._file_store, self._identity.provider, self._clock())

    def acknowledge(self, handle: str, *, accepted: bool = True) -> None:
        """Take a message out of its queue. See Transport."""
        package = self._wire.call("Ack", self._signed(write.ack(self._version, handle, accepted=accepted)))
        if package.envelope.strip() and not isinstance(self._understand(package).answer, Empty):
            raise GarbageError("no answer to Ack", package.envelope[:KEPT])
        self._spool.forget(handle)

    # ---- about the peer

    def statistics(self) -> Mapping[str, int]:
        """Ask how many messages wait: version 1.1 only. See Transport."""
        if self._version is not Version.V1_1:
            raise UnsupportedError(
                "statistics-absent",
                "SMEV {version} tells no statistics of queues",
                version=str(self._version),
            )
        question = self._signed(write.queue_statistics(self._clock()))
        package = self._wire.call("GetIncomingQueueStatistics", question)
        answer = self._understand(package).answer
        if isinstance(answer, Empty):
            return {}
        if isinstance(answer, Queues):
            return answer.waiting
        raise GarbageError("no answer to GetIncomingQueueStatistics", package.envelope[:KEPT])

    def check(self) -> None:
        """Read the service's description and log in to the file store. See Transport."""
        self.description()
        if self._file_store is not None:
            self._file_store.check()

    def description(self) -> "Description":
        """Return what the endpoint says of itself (its WSDL). Raises as `check`."""
        from smev.client import wsdl

        return wsdl.describe(self._wire.line)

    def close(self) -> None:
        """Let go of connections and of files that came inside messages."""
        self._wire.line.close()
        self._spool.close()

    def _understand(self, package: Package) -> Understood:
        identity = self._identity
        return understand(package.envelope, identity.provider, identity.trust, self._clock())
