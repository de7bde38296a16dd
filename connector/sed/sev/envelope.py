"""The envelope `<uid>.env` of a message: the only thing that the transport looks at (sed.md section 1)."""

from dataclasses import dataclass

from lxml import etree

from config.i18n import _
from connector.sed.names import is_plain_name
from connector.sed.passport import BrokenMessageError, local_name, parse, text
from connector.sed.prose import legal

_WRITTEN = (
    ("Address", "address"),
    ("MessageDir", "message_folder"),
    ("Channel", "channel"),
    ("Subject", "subject"),
    ("Body", "body"),
    ("Sender", "sender"),
)


@dataclass(frozen=True, slots=True)
class Envelope:
    """An envelope (`Envelop` on the wire); `message_folder` is a plain name beside it."""

    message_folder: str
    address: str = ""
    channel: str = ""
    subject: str = ""
    body: str = ""
    sender: str = ""


def write_envelope(envelope: Envelope) -> bytes:
    """Return the bytes of `<uid>.env`; empty parts are left out, Body is always there as in real ones."""
    root = etree.Element("Envelop")
    for tag, attribute in _WRITTEN:
        value = getattr(envelope, attribute)
        if value or tag == "Body":
            etree.SubElement(root, tag).text = legal(value) or None
    return etree.tostring(root, encoding="UTF-8", xml_declaration=True)


def read_envelope(content: bytes, *, stem: str) -> Envelope:
    """Read an envelope; one that names no folder means the folder of its own name (`stem`).

    Raises BrokenMessageError for what is no envelope and for a folder name that leads elsewhere.
    """
    what = f"{stem}.env"
    root = parse(content, what=what)
    if local_name(root) not in {"Envelop", "Envelope"}:
        sentence = _("{what}: the root is {root}, not Envelop").format(what=what, root=local_name(root))
        raise BrokenMessageError(sentence, field=what)
    folder = text(root, "MessageDir") or stem
    if not is_plain_name(folder):
        sentence = _("{what}: MessageDir is not a plain folder name, refused").format(what=what)
        raise BrokenMessageError(sentence, field="MessageDir")
    values = {name: text(root, tag) for tag, name in _WRITTEN if name != "message_folder"}
    return Envelope(message_folder=folder, **values)
