"""MTOM packages: an envelope and the files beside it in one multipart/related body, both ways."""

import re
import secrets
from collections.abc import Iterable
from urllib.parse import unquote

from werkzeug.http import parse_options_header

from stand.smev.parcels import Inline
from stand.smev.refusal import BusFault
from stand.smev.words import MAX_ENVELOPE, MAX_INLINE

MAX_BODY = MAX_ENVELOPE + MAX_INLINE + 65_536
_ROOT_TYPES = ("text/xml", "application/xop+xml", "application/soap+xml")


def unpack(content_type: str, body: bytes) -> tuple[bytes, dict[str, bytes]]:
    """Return the envelope and the other parts by Content-ID. Raises BusFault for what is no such package."""
    media_type, options = parse_options_header(content_type)
    if media_type in _ROOT_TYPES:
        return body, {}
    if media_type != "multipart/related" or not options.get("boundary"):
        raise _wrong(f"Content-Type {media_type} is neither text/xml nor multipart/related")
    parts = _split(body, options["boundary"].encode())
    if not parts:
        raise _wrong("the multipart body has no part")
    start = options.get("start", "").strip("<>")
    found = {identifier: content for identifier, _type, content in parts}
    root = found.pop(start, None) if start else None
    if root is None:
        identifier, _type, root = parts[0]
        found.pop(identifier, None)
    return root, found


def _split(body: bytes, boundary: bytes) -> list[tuple[str, str, bytes]]:
    """Return (Content-ID, Content-Type, content) of every part."""
    mark = b"\r\n--" + boundary
    pieces = (b"\r\n" + body).split(mark)[1:]
    if not pieces or not pieces[-1].startswith(b"--"):
        raise _wrong("the multipart body has no end")
    return [_part(piece) for piece in pieces[:-1]]


def _part(piece: bytes) -> tuple[str, str, bytes]:
    head, separator, content = piece.partition(b"\r\n\r\n")
    if not separator:
        raise _wrong("a part without headers")
    headers = {}
    for line in head.decode("latin-1").strip().splitlines():
        name, _colon, value = line.partition(":")
        headers[name.strip().lower()] = value.strip()
    if headers.get("content-transfer-encoding", "binary").lower() not in ("binary", "8bit", "7bit"):
        raise _wrong("a part that is not sent as binary")
    return headers.get("content-id", "").strip("<>"), headers.get("content-type", ""), content


def cid(href: str) -> str:
    """Return the Content-ID that an xop:Include names. Raises BusFault."""
    scheme, _colon, rest = href.partition(":")
    if scheme != "cid" or not rest:
        raise _wrong(f"xop:Include href {href} is not a cid: reference")
    return unquote(rest)


def pack(envelope: bytes, files: Iterable[Inline]) -> tuple[str, bytes]:
    """Return the Content-Type and body of an answer: plain XML without files, a package with them."""
    files = tuple(files)
    if not files:
        return "text/xml; charset=utf-8", envelope
    boundary = f"uuid-{secrets.token_hex(12)}"
    content_type = (
        f'multipart/related; type="application/xop+xml"; boundary="{boundary}"; '
        'start="<root.message@stand>"; start-info="text/xml"'
    )
    parts = [_written("root.message@stand", 'application/xop+xml; charset=UTF-8; type="text/xml"', envelope)]
    parts += [_written(one.content_id, one.mime_type, one.body) for one in files]
    mark = f"--{boundary}".encode()
    body = b"".join(mark + b"\r\n" + part + b"\r\n" for part in parts) + mark + b"--\r\n"
    return content_type, body


def _written(identifier: str, media_type: str, content: bytes) -> bytes:
    plain = re.sub(r"[\r\n<>]", "", identifier)
    head = f"Content-Type: {media_type}\r\nContent-Transfer-Encoding: binary\r\nContent-ID: <{plain}>\r\n\r\n"
    return head.encode() + content


def _wrong(reason: str) -> BusFault:
    return BusFault("InvalidContent", reason, {"ValidationError:0:0": reason})
