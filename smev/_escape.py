"""How the StAX writer behind SMEV's transform writes text and attribute values (the pure-Python form)."""

import re

from smev.refusal import NotCanonicalError

SHORT = 12
"""Text of fewer UTF-16 units is written whole, by other rules (section 3, rule 6)."""
CHUNK = 512
"""Longer text is written in chunks of so many UTF-16 units."""

_ALIEN_IN_TEXT = re.compile(rb"[>\r]|&(?!lt;|gt;|amp;|#xD;)")
_ALIEN_IN_VALUE = re.compile(rb"[<\r\n\t]|&(?!lt;|amp;|quot;|#x[9AD];)")
_SHORT_ESCAPED = re.compile(r"[&<\r\x7f-\x9f]|\A>|(?<=\])>")
_LONG_ESCAPED = re.compile(r"(?:[&<\r\x7f-\x9f]|\A>|(?<=\])>)>*")
_ESCAPES = {code: f"&#x{code:x};" for code in (13, *range(0x7F, 0xA0))}
_ESCAPES |= {ord("&"): "&amp;", ord("<"): "&lt;", ord(">"): "&gt;"}


def text(canonical: bytes) -> bytes:
    """Write one text node again; the result is empty when all its characters are U+0020 or below.

    Raises:
        NotCanonicalError: a character or a reference that exc-c14n would have written otherwise.
    """
    if _ALIEN_IN_TEXT.search(canonical):
        raise NotCanonicalError("text is not canonical")
    content = _unescape(canonical)
    if not content.strip("\t\n\r "):
        return b""
    units = utf16_length(content)
    if units < SHORT:
        return _SHORT_ESCAPED.sub(_escape, content).encode()
    return "".join(_LONG_ESCAPED.sub(_escape, chunk) for chunk in _chunks(content, units)).encode()


def value(canonical: bytes) -> bytes:
    """Write the value of an attribute or a namespace declaration again: only references change their letters.

    Raises:
        NotCanonicalError: a character or a reference that exc-c14n would have written otherwise.
    """
    if _ALIEN_IN_VALUE.search(canonical):
        raise NotCanonicalError("an attribute value is not canonical")
    if b"&#" not in canonical:
        return canonical
    return canonical.replace(b"&#xA;", b"&#xa;").replace(b"&#xD;", b"&#xd;")


def utf16_length(content: str) -> int:
    """Return how many UTF-16 code units the text takes."""
    return len(content) if content.isascii() else len(content.encode("utf-16-le")) // 2


def _unescape(canonical: bytes) -> str:
    content = canonical.decode()
    if "&" not in content:
        return content
    content = content.replace("&lt;", "<").replace("&gt;", ">").replace("&#xD;", "\r")
    return content.replace("&amp;", "&")


def _escape(match: re.Match[str]) -> str:
    return match.group().translate(_ESCAPES)


def _chunks(content: str, units: int) -> list[str]:
    """Cut text every 512 UTF-16 units; a surrogate pair on the border goes whole to the next chunk."""
    if units == len(content):
        return [content[start : start + CHUNK] for start in range(0, units, CHUNK)]
    octets = content.encode("utf-16-le")
    borders = [2 * start for start in range(0, units, CHUNK)]
    borders = [border - 2 * (border > 0 and 0xDC <= octets[border + 1] < 0xE0) for border in borders]
    return [
        octets[start:end].decode("utf-16-le")
        for start, end in zip(borders, [*borders[1:], len(octets)], strict=True)
    ]
