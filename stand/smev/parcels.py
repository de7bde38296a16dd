"""What travels through the stand's bus, as values: systems, message types, parcels, answers of a provider."""

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from uuid import UUID

from lxml import etree

from smev.gost.certificate import Certificate
from stand.smev.keys import Pair

_GREGORIAN = 0x01B21DD213814000  # 100 ns between 1582-10-15 and 1970-01-01 (RFC 9562)


@dataclass(frozen=True, slots=True)
class System:
    """An information system that the bus knows: its certificate chooses its queues."""

    mnemonic: str
    name: str
    certificate: Certificate
    pair: Pair | None = None  # of the stand's own systems, which sign inside the bus


@dataclass(frozen=True, slots=True)
class MessageType:
    """A registered business type: who provides it, and the schema its messages must fit."""

    namespace: str
    request: str
    response: str
    provider: str  # mnemonic
    schema: etree.XMLSchema | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Inline:
    """A file in the message itself."""

    content_id: str
    mime_type: str
    body: bytes = field(repr=False)
    signature: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class InStore:
    """A file in the FTP store: where the bus keeps it, and what the sender said of it."""

    uuid: str
    name: str
    mime_type: str
    digest: str  # base64 of the GOST digest, as in Hash
    path: Path
    signature: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Rejected:
    """A reason why a request is rejected."""

    code: str
    description: str


@dataclass(frozen=True, slots=True)
class Progress:
    """A business status of a request (RequestStatus)."""

    code: int
    description: str
    parameters: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class AsyncStatus:
    """The bus's own later word about a message (AsyncProcessingStatus)."""

    original_id: str
    category: str
    details: str = ""
    code: str = ""
    description: str = ""


Body = bytes | tuple[Rejected, ...] | Progress | AsyncStatus  # bytes: the XML of the business content


@dataclass(slots=True)
class Parcel:
    """A message on its way. `provided` is the sender's part as it was signed; empty: written on delivery."""

    id: str
    kind: str  # REQUEST, RESPONSE
    sender: System
    recipient: System
    body: Body
    sent: datetime
    version: str = "1.2"
    provided: bytes = b""
    signature: bytes = b""  # the element CallerInformationSystemSignature
    root: tuple[str, str] = ("", "")  # namespace and local name of the business content
    inline: tuple[Inline, ...] = ()
    files: tuple[InStore, ...] = ()
    original_id: str = ""
    transaction_code: str = ""
    reference_id: str = ""
    node_id: str = ""
    reply_to: str = ""  # in a request: the token; in a response: To
    eol: datetime | None = None
    test: bool = False


def uuid_v1(moment: datetime, random_node: int, sequence: int) -> str:
    """Return a UUID version 1 of a moment with a random node, as the exchange wants ids."""
    ticks = int(moment.timestamp() * 10_000_000) + _GREGORIAN
    return str(
        UUID(
            fields=(
                ticks & 0xFFFFFFFF, (ticks >> 32) & 0xFFFF, (ticks >> 48) & 0x0FFF | 0x1000,
                (sequence >> 8) & 0x3F | 0x80, sequence & 0xFF, random_node | 1 << 40,
            )
        )
    )  # fmt: skip


def moment_of(identifier: str) -> float | None:
    """Return the time (seconds of the epoch) in a UUID version 1, None when it is none."""
    try:
        told = UUID(identifier)
    except ValueError:
        return None
    if str(told) != identifier or told.version != 1:
        return None
    return (told.time - _GREGORIAN) / 10_000_000
