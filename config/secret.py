"""A secret that cannot be printed by accident, and the three places it may come from."""

import os
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

from config.i18n import _

MASK = "****"


class Secret:
    """A value that shows as **** everywhere; only `reveal()` gives it away."""

    __slots__ = ("_value",)
    __hash__: ClassVar[None]  # type: ignore[assignment]  # a hash would let it become a key somewhere

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """Return the secret itself, for the one call that sends it."""
        return self._value

    def __repr__(self) -> str:
        return MASK

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return MASK

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._value == self._value

    def __reduce__(self) -> str:
        raise TypeError("a secret is not pickled")


class SecretUnavailableError(Exception):
    """A secret reference leads nowhere; the text says which place was looked at and what to do."""


def resolve(reference: str, *, environ: Mapping[str, str] | None = None) -> Secret:
    """Return the secret that `env:NAME`, `file:PATH` or `keyring:SERVICE/USER` names.

    A plain value is refused: secrets do not stand in the configuration file.
    Raises SecretUnavailableError with a sentence for the administrator.
    """
    scheme, colon, place = reference.partition(":")
    if colon and scheme == "env":
        return _from_environment(place, os.environ if environ is None else environ)
    if colon and scheme == "file":
        return _from_file(place)
    if colon and scheme == "keyring":
        return _from_keyring(place)
    raise SecretUnavailableError(
        _("a secret is not written in the file: use env:NAME, file:PATH or keyring:SERVICE/USER")
    )


def _from_environment(name: str, environ: Mapping[str, str]) -> Secret:
    if value := environ.get(name):
        return Secret(value)
    raise SecretUnavailableError(_("environment variable {name} is not set").format(name=name))


def _from_file(place: str) -> Secret:
    path = Path(place).expanduser()
    try:
        mode = path.stat().st_mode
        value = path.read_text(encoding="utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        raise SecretUnavailableError(
            _("secret file {path} cannot be read: {error}").format(path=path, error=error)
        ) from error
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise SecretUnavailableError(
            _("secret file {path} is open to other users: run chmod 600 {path}").format(path=path)
        )
    if not value:
        raise SecretUnavailableError(_("secret file {path} is empty").format(path=path))
    return Secret(value)


def _from_keyring(place: str) -> Secret:
    try:
        import keyring
    except ImportError as error:
        raise SecretUnavailableError(
            _("the keyring needs the extra `keyring`: pip install sedlink[keyring]")
        ) from error
    service, slash, user = place.rpartition("/")
    if not slash:
        raise SecretUnavailableError(_("write the keyring entry as keyring:SERVICE/USER"))
    if value := keyring.get_password(service, user):
        return Secret(value)
    raise SecretUnavailableError(_("the keyring has no entry {place}").format(place=place))
