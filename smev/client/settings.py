"""The settings of the client: the table `[smev]` of a TOML file, checked; every mistake has its name.

Relative paths are relative to the file. There are no secrets among them: where a key is, where a PIN is.
"""

import re
import tomllib
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from smev.envelope.words import Version
from smev.errors import SetupError

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_SIZES = {"KB": 1 << 10, "MB": 1 << 20, "GB": 1 << 30}


def _duration(value: object) -> object:
    match = re.fullmatch(r"(\d+)\s*([smhd])", value.strip()) if isinstance(value, str) else None
    if match is None and not isinstance(value, timedelta):
        raise ValueError("write a time like 30s, 5m, 2h or 3d")
    return timedelta(seconds=int(match[1]) * _UNITS[match[2]]) if match else value


def _size(value: object) -> object:
    match = re.fullmatch(r"(\d+)\s*(KB|MB|GB)", value.strip().upper()) if isinstance(value, str) else None
    if match is None and not isinstance(value, int):
        raise ValueError("write a size like 100KB, 4MB or 1GB")
    return int(match[1]) * _SIZES[match[2]] if match else value


Duration = Annotated[timedelta, BeforeValidator(_duration)]
Size = Annotated[int, BeforeValidator(_size), Field(ge=0)]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class KeySettings(_Section):
    """A certificate and who signs with its key: a PKCS#8 file, a token, or a command."""

    certificate: Path | None = None  # none: the token's own
    key: Path | None = None
    token: str = ""  # a URI of PKCS#11 (RFC 7512)
    pin: str = ""  # where the token's PIN is: env:NAME, file:PATH, keyring:SERVICE/USER
    command: str = ""
    command_form: str = "raw"

    @model_validator(mode="after")
    def _one_signer(self) -> Self:
        if sum(map(bool, (self.key, self.token, self.command))) != 1:
            raise ValueError("set one of key, token, command")
        if self.certificate is None and not self.token:
            raise ValueError("certificate: must be set")
        if self.pin and not re.match("(env|file|keyring):.", self.pin):
            raise ValueError("pin: does not stand here, write env:NAME, file:PATH or keyring:SERVICE/USER")
        return self


class TimeoutSettings(_Section):
    """How long a peer may keep silent, and how long a whole exchange may take."""

    connect: Duration = timedelta(seconds=10)
    read: Duration = timedelta(seconds=60)
    whole: Duration = timedelta(minutes=15)


class SmevSettings(_Section):
    """Everything the client needs to know."""

    transport: Literal["soap", "adapter", "rsmev"] = "soap"
    url: str
    version: Version = Version.V1_2
    signer: KeySettings | None = (
        None  # the organisation's (ЭП-ОВ); the adapter and the gateway have their own
    )
    personal: KeySettings | None = None  # an official's (ЭП-СП), for content and files
    backend: str = "auto"
    trust: tuple[Path, ...] = ()  # the bus's certificates; none: its signature must hold, whoever's it is
    store: Path = Path("smev")
    ca_file: Path | None = None
    plain_http: bool = False  # the network is protected otherwise: http is allowed
    timeouts: TimeoutSettings = TimeoutSettings()
    file_store: str = ""  # ftp://host[:port] or ftps://; none: all files go inside messages
    inline_limit: Size = 1 << 20
    max_file: Size = 1 << 30
    node_id: str = ""
    end_of_life: Duration = timedelta(days=3)
    it_system: str = ""  # of the adapter
    shared_folder: Path | None = None  # where the adapter and we both see files; none: no files
    entrypoint: str = ""  # of the regional gateway

    @model_validator(mode="after")
    def _signer_for_the_bus(self) -> Self:
        if self.transport == "soap" and self.signer is None:
            raise ValueError("signer: the bus takes nothing without a signature, set the table [smev.signer]")
        needed = {"adapter": "it_system", "rsmev": "entrypoint"}.get(self.transport)
        if needed and not getattr(self, needed):
            raise ValueError(f"{needed}: must be set for the transport {self.transport}")
        return self

    def anchored(self, folder: Path) -> Self:
        """Return the settings with relative paths put into the folder."""
        keys = {name: _anchored(getattr(self, name), folder) for name in ("signer", "personal")}
        paths: dict[str, object] = {
            "store": folder / self.store,
            "trust": tuple(folder / one for one in self.trust),
        }
        for name in ("ca_file", "shared_folder"):
            value = getattr(self, name)
            paths[name] = value and folder / value
        return self.model_copy(update={**keys, **paths})


def _anchored(keys: KeySettings | None, folder: Path) -> KeySettings | None:
    if keys is None:
        return None
    paths = {"certificate": keys.certificate, "key": keys.key}
    return keys.model_copy(update={name: path and folder / path for name, path in paths.items()})


def read(path: Path) -> SmevSettings:
    """Return the settings of a file. Raises SetupError."""
    try:
        tree = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:  # of a number too long, of brackets too deep
        reason = getattr(error, "strerror", None) or str(error)
        raise SetupError(
            "file-unreadable", "cannot read {path}: {reason}", path=str(path), reason=reason
        ) from error
    return from_table(tree.get("smev"), path.resolve().parent)


def from_table(table: Mapping[str, Any] | None, folder: Path) -> SmevSettings:
    """Return the settings of a table. Raises SetupError that names every mistake."""
    if not table or not isinstance(table, Mapping):
        raise SetupError("settings-absent", "there is no table [smev] in the settings")
    try:
        return SmevSettings.model_validate(dict(table)).anchored(folder)
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False)
        problems = (f"{'.'.join(map(str, ('smev', *one['loc'])))}: {_reason(one['msg'])}" for one in found)
        raise SetupError("settings-wrong", "{problems}", problems="; ".join(problems)) from error


def _reason(message: str) -> str:
    return message.removeprefix("Value error, ")
