"""The octets under a signature, by the rules and nothing but the rules: slow, plain, independent.

smev.md section 3, rule by rule, over a tree. The library has its own fast implementation; a mistake that
either makes shows on the wire, because the two must agree.
"""

from lxml import etree

from stand.smev.words import local, space

_SHORT, _CHUNK = 12, 512  # UTF-16 units


class NotSignableError(Exception):
    """The element cannot be transformed; the text says why."""


def signed_octets(element: etree._Element) -> bytes:
    """Return an element in the form of which its digest is taken: exc-c14n, then SMEV's transform."""
    canonical: bytes = etree.tostring(element, method="c14n", exclusive=True, with_comments=False)
    parser = etree.XMLParser(remove_pis=True, remove_comments=True, resolve_entities=False, no_network=True)
    out: list[str] = []
    _write(etree.fromstring(canonical, parser), {}, out, [0])
    return "".join(out).encode()


def canonical_octets(element: etree._Element) -> bytes:
    """Return an element's exc-c14n, as SignedInfo is digested."""
    octets: bytes = etree.tostring(element, method="c14n", exclusive=True, with_comments=False)
    return octets


def _write(element: etree._Element, bound: dict[str, str], out: list[str], counter: list[int]) -> None:
    """Write an element; `bound` holds the prefixes of the open ancestors by namespace."""
    bound, declared = dict(bound), []
    attributes = sorted(element.attrib.items(), key=_order)
    spaces = [space(element.tag), *(space(tag) for tag, _value in attributes if space(tag))]
    if not spaces[0]:
        raise NotSignableError(f"element {local(element.tag)} has no namespace")
    if "http://www.w3.org/XML/1998/namespace" in spaces:
        raise NotSignableError("an xml: attribute")
    for uri in spaces:
        if "&" in uri:
            raise NotSignableError("an ampersand in a namespace")
        if uri not in bound:
            counter[0] += 1
            bound[uri] = f"ns{counter[0]}"
            declared.append(uri)
    name = f"{bound[spaces[0]]}:{local(element.tag)}"
    out.append(f"<{name}")
    out += [f' xmlns:{bound[uri]}="{_attribute(uri)}"' for uri in declared]
    for tag, value in attributes:
        prefix = f"{bound[space(tag)]}:" if space(tag) else ""
        out.append(f' {prefix}{local(tag) or str(tag)}="{_attribute(str(value))}"')
    out.append(">")
    out.append(_text(element.text))
    for child in element:
        _write(child, bound, out, counter)
        out.append(_text(child.tail))
    out.append(f"</{name}>")


def _order(attribute: tuple[str | bytes, str | bytes]) -> tuple[bool, bytes, bytes]:
    tag = str(attribute[0])
    return not space(tag), _units(space(tag)), _units(local(tag) or tag)


def _units(text: str) -> bytes:
    return text.encode("utf-16-be", "surrogatepass")


def _attribute(value: str) -> str:
    for character, reference in (("&", "&amp;"), ("<", "&lt;"), ('"', "&quot;")):
        value = value.replace(character, reference)
    return value.replace("\r", "&#xd;").replace("\n", "&#xa;").replace("\t", "&#x9;")


def _text(text: str | None) -> str:
    if not text or all(character <= " " for character in text):
        return ""
    size = len(_units(text)) // 2
    out, position, before, escaped, chunk = [], 0, "", False, -1
    for character in text:
        width = 2 if character > "\uffff" else 1
        here = (position + width - 1) // _CHUNK if size >= _SHORT else 0
        first, chunk = here != chunk, here
        after_escaped = escaped and size >= _SHORT
        replacement = _reference(character)
        if character == ">" and (first or before == "]" or after_escaped):
            replacement = "&gt;"
        escaped = replacement != character
        out.append(replacement)
        before, position = character, position + width
    return "".join(out)


def _reference(character: str) -> str:
    if character == "&":
        return "&amp;"
    if character == "<":
        return "&lt;"
    if character == "\r" or "\x7f" <= character <= "\x9f":
        return f"&#x{ord(character):x};"
    return character
