"""Names of keys on tokens: the URI of PKCS#11 (RFC 7512), which other programs read too.

`pkcs11:token=SMEV;object=system?module-path=/usr/lib/librtpkcs11ecp.so`; `id=%01%02` names by CKA_ID.
"""

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote_to_bytes

from smev.errors import SetupError

SCHEME = "pkcs11:"
_PATH = ("token", "serial", "object", "id", "type", "manufacturer", "model")
_QUERY = ("module-path",)


@dataclass(frozen=True, slots=True)
class TokenKey:
    """Which module, which token, which key; what is empty is not asked for."""

    module: Path
    token: str = ""  # label of the token
    serial: str = ""
    label: str = ""  # of the key
    id: bytes = b""  # of the key


def is_token(key: str) -> bool:
    """Tell whether a setting names a key on a token and not a file."""
    return key.startswith(SCHEME)


def parse(uri: str) -> TokenKey:
    """Return what the URI names. Raises SetupError that says which part is wrong."""
    path, _mark, query = uri.removeprefix(SCHEME).partition("?")
    found = {**_attributes(path, ";", _PATH), **_attributes(query, "&", _QUERY)}
    module = found.get("module-path", b"").decode("utf-8", "replace")
    if not module:
        raise _wrong("module-path: must name the token's PKCS#11 library")
    if found.get("type", b"private") not in (b"private", b"cert"):
        raise _wrong("type: must be private")
    words = {name: found.get(name, b"").decode("utf-8", "replace") for name in ("token", "serial", "object")}
    return TokenKey(Path(module), words["token"], words["serial"], words["object"], found.get("id", b""))


def _attributes(text: str, separator: str, known: tuple[str, ...]) -> dict[str, bytes]:
    found = {}
    for part in filter(None, text.split(separator)):
        name, sign, value = part.partition("=")
        if name in ("pin-value", "pin-source"):
            raise _wrong(f"{name}: the PIN has a setting of its own and does not stand in the address")
        if not sign or name not in known:
            raise _wrong(f"{name}: not known here, use {', '.join((*_PATH, *_QUERY))}")
        found[name] = unquote_to_bytes(value)
    return found


def _wrong(reason: str) -> SetupError:
    return SetupError("token-uri", "address of the key on a token: {reason}", reason=reason)
