"""Names of the SMEV 3 wire as the stand speaks them: namespaces by version, operations, limits.

Source: smev.md section 1. Nothing is shared with the library `smev`: they meet on the wire.
"""

from dataclasses import dataclass

VERSIONS = ("1.1", "1.2", "1.3")
SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
DS = "http://www.w3.org/2000/09/xmldsig#"
XOP = "http://www.w3.org/2004/08/xop/include"
EXC_C14N = "http://www.w3.org/2001/10/xml-exc-c14n#"
SMEV_TRANSFORM = "urn://smev-gov-ru/xmldsig/transform"
_ROOT = "urn://x-artefacts-smev-gov-ru/services/message-exchange"

# operation = what its caller signs
SIGNED = {
    "SendRequest": "SenderProvidedRequestData",
    "SendResponse": "SenderProvidedResponseData",
    "GetRequest": "MessageTypeSelector",
    "GetResponse": "MessageTypeSelector",
    "GetStatus": "Timestamp",
    "Ack": "AckTargetMessage",
    "GetIncomingQueueStatistics": "Timestamp",
}
ONLY_IN_1_1 = frozenset({"GetIncomingQueueStatistics"})

MAX_ENVELOPE = 5 * 1024 * 1024  # bytes of the XML
MAX_INLINE = 5 * 1024 * 1024  # bytes of all inline attachments together
MAX_FILE = 1024 * 1024 * 1024  # bytes of a file in the FTP store


@dataclass(frozen=True, slots=True)
class Names:
    """Tags of one version in lxml's notation."""

    version: str

    @property
    def service(self) -> str:
        """Namespace of the WSDL."""
        return f"{_ROOT}/{self.version}"

    @property
    def types(self) -> str:
        """Namespace of messages."""
        return f"{_ROOT}/types/{self.version}"

    @property
    def basic(self) -> str:
        """Namespace of basic types."""
        return f"{_ROOT}/types/basic/{self.version}"

    @property
    def faults(self) -> str:
        """Namespace of faults."""
        return f"{_ROOT}/types/faults/{self.version}"

    def t(self, name: str) -> str:
        """Return the tag of a message element."""
        return f"{{{self.types}}}{name}"

    def b(self, name: str) -> str:
        """Return the tag of a basic element."""
        return f"{{{self.basic}}}{name}"

    def f(self, name: str) -> str:
        """Return the tag of a fault."""
        return f"{{{self.faults}}}{name}"


NAMES = {version: Names(version) for version in VERSIONS}
VERSION_OF = {names.types: version for version, names in NAMES.items()}


def local(tag: object) -> str:
    """Return the local name of a tag, "" for a comment or a processing instruction."""
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def space(tag: object) -> str:
    """Return the namespace of a tag, "" without one."""
    return tag[1:].partition("}")[0] if isinstance(tag, str) and tag.startswith("{") else ""
