"""The calls to a token's PKCS#11 library, by python-pkcs11 (the extra `pkcs11`); its errors become ours."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from smev.errors import SetupError, SigningError
from smev.gost.token_uri import TokenKey

if TYPE_CHECKING:
    from pkcs11 import Object, Session, Token
    from pkcs11.types import SignMixin

_KEY_TYPES = (0x30, 0xD4321003)  # CKK_GOSTR3410, and 512 bits as the makers of tokens agreed in TC 26
_PIN = ("PinIncorrect", "PinInvalid", "PinLenRange", "PinLocked", "PinExpired", "UserPinNotInitialized")
_GONE = ("NoSuchToken", "TokenNotPresent", "TokenNotRecognised", "DeviceRemoved", "SlotIDInvalid")


@contextmanager
def told(place: TokenKey) -> Iterator[None]:
    """Turn the library's errors into SetupError and SigningError."""
    from pkcs11 import PKCS11Error

    try:
        yield
    except PKCS11Error as error:
        name = type(error).__name__
        where = place.token or place.serial or str(place.module)
        if name in _PIN:
            raise SetupError(
                "token-pin", "the token {token} did not take the PIN: {reason}", token=where, reason=name
            ) from error
        if name in _GONE:
            raise SetupError(
                "token-absent", "no token {token}: {reason}", token=where, reason=name
            ) from error
        raise SigningError("token-failed", "the token {token}: {reason}", token=where, reason=name) from error


def open_session(place: TokenKey, pin: str | None) -> "Session":
    """Log in to the token. Raises SetupError, SigningError."""
    import pkcs11
    from pkcs11.attributes import AttributeMapper

    with told(place):
        token = _token(place)
        if pin is not None and pkcs11.TokenFlag.USER_PIN_FINAL_TRY in token.flags:
            raise SetupError(
                "token-pin-last",
                "one more wrong PIN locks the token {token}: log in to it once by its maker's program",
                token=token.label,
            )
        mapper = AttributeMapper()
        number = mapper.attribute_types[pkcs11.Attribute.VALUE_LEN]
        mapper.register_handler(
            pkcs11.Attribute.KEY_TYPE, *number
        )  # 512 bits are none of the library's names
        try:
            return token.open(user_pin=pin, attribute_mapper=mapper)
        except pkcs11.UserAlreadyLoggedIn:  # by another key of ours: a login is for the whole process
            return token.open(attribute_mapper=mapper)


def _token(place: TokenKey) -> "Token":
    found = list(_library_tokens(place))
    fitting = [
        one for one in found
        if place.token in ("", one.label) and place.serial.encode() in (b"", one.serial)
    ]  # fmt: skip
    if len(fitting) != 1:
        raise SetupError(
            "token-choice",
            "{count} tokens are {token}; connected: {found}",
            count=len(fitting),
            token=place.token or place.serial or "*",
            found=", ".join(one.label for one in found) or "-",
        )
    return fitting[0]


def _library_tokens(place: TokenKey) -> Iterator["Token"]:
    import pkcs11

    try:
        library = pkcs11.lib(str(place.module))
    except pkcs11.PKCS11Error as error:
        raise SetupError(
            "token-module",
            "the token's library {path} does not start: {reason}",
            path=str(place.module),
            reason=str(error) or type(error).__name__,
        ) from error
    for slot in library.get_slots(token_present=True):
        token = slot.get_token()
        if pkcs11.TokenFlag.TOKEN_INITIALIZED in token.flags:
            yield token


def find_key(session: "Session", place: TokenKey) -> "SignMixin":
    """Return the one GOST key for signatures that is meant. Raises SetupError, SigningError."""
    from pkcs11 import Attribute, ObjectClass
    from pkcs11.types import SignMixin

    wanted: dict[Attribute, object] = {Attribute.CLASS: ObjectClass.PRIVATE_KEY}
    if place.label:
        wanted[Attribute.LABEL] = place.label
    if place.id:
        wanted[Attribute.ID] = place.id
    with told(place):
        found = [
            one for one in session.get_objects(wanted)
            if isinstance(one, SignMixin) and one[Attribute.KEY_TYPE] in _KEY_TYPES
        ]  # fmt: skip
        if len(found) == 1:
            return found[0]
        raise SetupError(
            "token-key",
            "{count} GOST keys of the token are {key}; it holds: {found}",
            count=len(found),
            key=place.label or place.id.hex() or "*",
            found="; ".join(_named(session)) or "-",
        )


def _named(session: "Session") -> Iterator[str]:
    from pkcs11 import Attribute, ObjectClass

    for one in session.get_objects({Attribute.CLASS: ObjectClass.PRIVATE_KEY}):
        yield f"object={one[Attribute.LABEL]};id={one[Attribute.ID].hex()}"


def certificates(session: "Session", key: "Object", place: TokenKey) -> list[bytes]:
    """Return the certificates with the key's CKA_ID, DER."""
    from pkcs11 import Attribute, ObjectClass

    with told(place):
        wanted = {Attribute.CLASS: ObjectClass.CERTIFICATE, Attribute.ID: key[Attribute.ID]}
        return [one[Attribute.VALUE] for one in session.get_objects(wanted)]


def mechanisms(session: "Session", place: TokenKey) -> set[int]:
    """Return what the token can do, numbers of mechanisms."""
    with told(place):
        return set(map(int, session.token.slot.get_mechanisms()))


def sign(key: "SignMixin", mechanism: int, value: bytes, pin: str | None, place: TokenKey) -> bytes:
    """Return the token's signature of a digest, as it gives it. Raises SetupError, SigningError."""
    from pkcs11 import Mechanism

    named = int.__new__(
        Mechanism, mechanism
    )  # the library takes its own class only, which has not every number
    named._name_, named._value_ = f"{mechanism:#x}", mechanism
    with told(place):
        signature: bytes = key.sign(value, mechanism=named, pin=pin if _asks_each_time(key) else None)
        return signature


def _asks_each_time(key: "SignMixin") -> bool:
    from pkcs11 import Attribute, PKCS11Error

    try:
        return bool(key[Attribute.ALWAYS_AUTHENTICATE])
    except PKCS11Error:  # the token does not know this attribute
        return False
