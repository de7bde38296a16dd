"""Distinguished names as people read them: the attributes of Russian qualified certificates included."""

from smev.gost import der

_SHORT = {
    "2.5.4.3": "CN",
    "2.5.4.4": "SN",
    "2.5.4.5": "serialNumber",
    "2.5.4.6": "C",
    "2.5.4.7": "L",
    "2.5.4.8": "ST",
    "2.5.4.9": "street",
    "2.5.4.10": "O",
    "2.5.4.11": "OU",
    "2.5.4.12": "T",
    "2.5.4.42": "G",
    "1.2.840.113549.1.9.1": "email",
    "1.2.840.113549.1.9.2": "unstructuredName",
    "1.2.643.3.131.1.1": "INN",
    "1.2.643.100.1": "OGRN",
    "1.2.643.100.3": "SNILS",
    "1.2.643.100.4": "INNLE",
    "1.2.643.100.5": "OGRNIP",
}
IDENTIFIER = {short: dotted for dotted, short in _SHORT.items()}


def read(node: der.Node) -> tuple[tuple[str, str], ...]:
    """Return (attribute, value) pairs of a Name, in its own order. Raises Asn1Error."""
    pairs = []
    for relative in der.expect(node, der.SEQUENCE).children():
        for attribute in der.expect(relative, der.SET).children():
            fields = attribute.fields()
            dotted = der.oid(fields.take(der.OID))
            pairs.append((_SHORT.get(dotted, dotted), der.text(fields.take())))
    return tuple(pairs)


def show(pairs: tuple[tuple[str, str], ...]) -> str:
    """Return one line, "CN=…, O=…": commas and line breaks inside values are escaped (RFC 4514 fashion)."""
    return ", ".join(f"{name}={_escape(value)}" for name, value in pairs)


def _escape(value: str) -> str:
    shown = value.replace("\\", "\\\\").replace(",", "\\,")
    return "".join(char if char.isprintable() else f"\\{ord(char):02X}" for char in shown)
