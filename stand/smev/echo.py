"""A provider that answers anybody, for trying a client, a key, a way by hand. Its type is the stand's own.

`<EchoRequest xmlns="urn:sedlink-stand:echo:1.0" answer="…">any text or elements</EchoRequest>`: `answer` is
`content` (the same back, with the same files; the default), `reject`, `status` (then the content), `twice`
(the content, then once more) or `silence`.
"""

from lxml import etree

from stand.smev.parcels import MessageType, Parcel, Progress, Rejected
from stand.smev.providers import Reply

NAMESPACE = "urn:sedlink-stand:echo:1.0"
MNEMONIC = "STAND_ECHO"
TYPE = MessageType(NAMESPACE, "EchoRequest", "EchoResponse", MNEMONIC)


def echo(parcel: Parcel) -> list[Reply]:
    """Return the answers to a request, in order."""
    if not isinstance(parcel.body, bytes):
        return []
    root = etree.fromstring(parcel.body)
    content = Reply(_renamed(root), parcel.inline, parcel.files)
    match root.get("answer", "content"):
        case "reject":
            return [Reply((Rejected("NO_DATA", "the echo was asked to reject"),))]
        case "status":
            return [Reply(Progress(1, "the echo is on its way", (("step", "1"),))), content]
        case "twice":
            return [content, content]
        case "silence":
            return []
    return [content]


def _renamed(root: etree._Element) -> bytes:
    root.tag = f"{{{NAMESPACE}}}EchoResponse"
    octets: bytes = etree.tostring(root, with_tail=False)
    return octets
