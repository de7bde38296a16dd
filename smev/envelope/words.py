"""What travels in SMEV envelopes, as values without XML: one set of words for versions 1.1, 1.2 and 1.3."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

_ROOT = "urn://x-artefacts-smev-gov-ru/services/message-exchange/types"


class Version(StrEnum):
    """A version of the message exchange schemas."""

    V1_1 = "1.1"
    V1_2 = "1.2"
    V1_3 = "1.3"

    @property
    def types(self) -> str:
        """Namespace of operations and messages."""
        return f"{_ROOT}/{self}"

    @property
    def basic(self) -> str:
        """Namespace of the basic types."""
        return f"{_ROOT}/basic/{self}"


class Rejected(StrEnum):
    """Why a provider rejects a request (RejectCode)."""

    ACCESS_DENIED = "ACCESS_DENIED"
    NO_DATA = "NO_DATA"
    UNKNOWN_REQUEST_DESCRIPTION = "UNKNOWN_REQUEST_DESCRIPTION"
    FAILURE = "FAILURE"


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file in the message itself (MTOM): its header. `signature` is a detached CMS."""

    content_id: str
    mime_type: str
    signature: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class FileReference:
    """A file in the FTP store: `digest` is the GOST digest of its bytes, `signature` a detached CMS."""

    uuid: str
    digest: bytes
    mime_type: str
    signature: bytes | None = field(default=None, repr=False)
    file_name: str | None = None  # versions 1.2 and 1.3 only


@dataclass(frozen=True, slots=True)
class FileAccess:
    """Where a received file waits in the FTP store, and with what name and password to take it."""

    uuid: str
    user: str
    password: str = field(repr=False)
    file_name: str


@dataclass(frozen=True, slots=True)
class Content:
    """Business content: the XML of its root element, and the files that go with it."""

    xml: bytes = field(repr=False)
    attachments: tuple[Attachment, ...] = ()
    files: tuple[FileReference, ...] = ()


@dataclass(frozen=True, slots=True)
class Rejection:
    """A reason for which a provider rejects a request. A received code may be one nobody knows yet."""

    code: str
    description: str


@dataclass(frozen=True, slots=True)
class BusinessStatus:
    """An interim word of the provider about a request."""

    code: str
    description: str
    parameters: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ProcessingStatus:
    """What the bus says later about a message of ours: an ordinary answer, a late rejection included."""

    original_id: str
    category: str
    details: str = ""
    fault_code: str = ""
    fault_description: str = ""

    @property
    def rejected(self) -> bool:
        """Whether the message will not be processed: in the bus's words or in the adapter's."""
        return bool(self.fault_code) or self.category == "ERROR" or "Rejected" in self.category


Body = Content | tuple[Rejection, ...] | BusinessStatus | ProcessingStatus


@dataclass(frozen=True, slots=True)
class OutgoingRequest:
    """A request to be sent. `reference_id` is the root of a chain, its own id for the root itself."""

    message_id: str
    content: Content
    reference_id: str | None = None
    transaction_code: str | None = None
    node_id: str | None = None
    end_of_life: datetime | None = None
    test: bool = False


@dataclass(frozen=True, slots=True)
class OutgoingResponse:
    """An answer to be sent. `to` is ReplyTo of the request, copied as it stands."""

    message_id: str
    to: str
    body: Content | tuple[Rejection, ...] | BusinessStatus


@dataclass(frozen=True, slots=True)
class Selector:
    """Which messages to take from a queue: of one business type, of one node, or any."""

    namespace: str | None = None
    root: str | None = None
    node_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Metadata:
    """What the bus says about a message. Editions of the schema differ: anything may be absent."""

    message_id: str = ""
    message_type: str = ""
    sender: str = ""
    sender_name: str = ""
    recipient: str = ""
    sent: str = ""  # xs:dateTime as it stands
    delivered: str = ""
    status: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """A message taken from a queue, or the bus's word about one of ours. Acknowledge by `message_id`."""

    kind: str  # Request, Response, Cancel, AsyncProcessingStatusData
    metadata: Metadata = Metadata()
    sender_message_id: str = ""
    original_id: str = ""  # of our request, in a response
    reference_id: str = ""
    transaction_code: str = ""
    reply_to: str = ""  # in a request: copy it into the answer
    node_id: str = ""
    end_of_life: str = ""
    test: bool = False
    body: Body | None = None
    access: tuple[FileAccess, ...] = ()

    @property
    def message_id(self) -> str:
        """The id to acknowledge: the bus's MessageId, never OriginalMessageId."""
        return self.metadata.message_id or self.sender_message_id


@dataclass(frozen=True, slots=True)
class Empty:
    """The queue has nothing, or the operation answers nothing but that it was done (Ack)."""

    operation: str


@dataclass(frozen=True, slots=True)
class Accepted:
    """The bus took our message for processing."""

    metadata: Metadata


@dataclass(frozen=True, slots=True)
class Queues:
    """How many messages wait, by queue (version 1.1)."""

    waiting: Mapping[str, int]


Answer = Received | Accepted | Queues | Empty
