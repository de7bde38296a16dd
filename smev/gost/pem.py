"""Files with keys and certificates: PEM (any number of blocks, text between them) or plain DER."""

import base64
import binascii
import re

from smev.errors import InputError

_BLOCK = re.compile(rb"-----BEGIN ([A-Z0-9 ]{1,40})-----([A-Za-z0-9+/=\s]*)-----END \1-----")


def blocks(data: bytes) -> list[tuple[str, bytes]]:
    """Return (label, DER) of every PEM block. Raises InputError for broken base64."""
    found = []
    for match in _BLOCK.finditer(data):
        label, body = match.group(1).decode(), b"".join(match.group(2).split())
        try:
            found.append((label, base64.b64decode(body, validate=True)))
        except binascii.Error:
            raise InputError("pem-malformed", "broken base64 in the PEM block {label}", label=label) from None
    return found


def load(data: bytes, *labels: str) -> list[bytes]:
    """Return the DER of all PEM blocks with one of the labels, or the data itself when it is not PEM.

    Raises InputError when it is PEM without such a block: the usual mistake is a key where a certificate
    should be.
    """
    if b"-----BEGIN " not in data:
        return [data]
    found = blocks(data)
    wanted = [der for label, der in found if label in labels]
    if not wanted:
        raise InputError(
            "pem-other",
            "PEM holds {found} where {wanted} should be",
            found=", ".join(label for label, _der in found) or "no complete block",
            wanted=" / ".join(labels),
        )
    return wanted


def dump(label: str, der: bytes) -> bytes:
    """Return a PEM block."""
    text = base64.encodebytes(der).replace(b"\n", b"")
    lines = [text[start : start + 64] for start in range(0, len(text), 64)]
    return b"\n".join((f"-----BEGIN {label}-----".encode(), *lines, f"-----END {label}-----".encode(), b""))
