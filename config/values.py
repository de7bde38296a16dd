"""Values of the configuration file that are more than text: durations, sizes, secret references."""

import ipaddress
import re
from datetime import timedelta
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, PlainSerializer

from config.i18n import _
from config.secret import Secret, SecretUnavailableError, resolve

_SECONDS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400}
_BYTES = {"KB": 1 << 10, "MB": 1 << 20, "GB": 1 << 30}


def parse_duration(value: object) -> timedelta:
    """Read `30s`, `5m`, `2h`, `1d` (and `200ms`). Raises ValueError with a sentence."""
    if isinstance(value, timedelta):
        return value
    match = re.fullmatch(r"(\d+)\s*(ms|[smhd])", str(value).strip())
    if not match:
        raise ValueError(_("write a duration like 30s, 5m, 2h or 1d"))
    return timedelta(seconds=int(match[1]) * _SECONDS[match[2]])


def parse_size(value: object) -> int:
    """Read `100KB`, `20MB`, `1GB` (powers of 1024) as bytes. Raises ValueError with a sentence."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    match = re.fullmatch(r"(\d+)\s*(KB|MB|GB)", str(value).strip().upper())
    if not match:
        raise ValueError(_("write a size like 100KB, 20MB or 1GB"))
    return int(match[1]) * _BYTES[match[2]]


def parse_secret(value: object) -> Secret:
    """Read a secret reference. Raises ValueError with a sentence; it never repeats the value."""
    if isinstance(value, Secret):
        return value
    try:
        return resolve(str(value))
    except SecretUnavailableError as error:
        raise ValueError(str(error)) from error


def is_loopback(host: str) -> bool:
    """Whether a host name or address is this machine's own, which others do not reach."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def show_duration(value: timedelta) -> str:
    """Return the shortest form that `parse_duration` reads back."""
    seconds = int(value.total_seconds())
    if value.microseconds:
        return f"{value // timedelta(milliseconds=1)}ms"
    unit = next((u for u in "dhm" if seconds and seconds % _SECONDS[u] == 0), "s")
    return f"{seconds // _SECONDS[unit]}{unit}"


def at_least(shortest: timedelta) -> AfterValidator:
    """Return a check that a duration is not shorter, which names the limit as the file would."""

    def check(value: timedelta) -> timedelta:
        if value < shortest:
            raise ValueError(_("must be at least {limit}").format(limit=show_duration(shortest)))
        return value

    return AfterValidator(check)


Duration = Annotated[timedelta, BeforeValidator(parse_duration), PlainSerializer(show_duration)]
# Seconds as a number: what a library takes; in the file a number too, or a duration
Seconds = Annotated[
    float,
    BeforeValidator(lambda value: parse_duration(value).total_seconds() if isinstance(value, str) else value),
]
Size = Annotated[int, BeforeValidator(parse_size)]
SecretRef = Annotated[Secret, BeforeValidator(parse_secret), PlainSerializer(str)]
