"""The implementations of GOST that there are, and the choice among them: the first that works here."""

from collections.abc import Callable
from functools import cache

from smev.errors import SetupError
from smev.gost.provider import Provider


def _openssl() -> Provider:
    from smev.gost.openssl import OpenSslProvider

    return OpenSslProvider()


def _python() -> Provider:
    from smev.gost.pure import PureProvider

    return PureProvider()


PROVIDERS: dict[str, Callable[[], Provider]] = {"openssl": _openssl, "python": _python}


@cache
def provider(name: str = "auto") -> Provider:
    """Return the implementation of that name: "openssl", "python", or "auto", the first that works here.

    Raises SetupError when the name is unknown or this machine lacks what it needs.
    """
    if name == "auto":
        return _first()
    if name not in PROVIDERS:
        raise SetupError(
            "backend-unknown",
            "unknown GOST backend {name!r}: use one of {known}",
            name=name,
            known=", ".join(("auto", *PROVIDERS)),
        )
    return PROVIDERS[name]()


def _first() -> Provider:
    for make in PROVIDERS.values():
        try:
            return make()
        except SetupError:
            continue
    raise SetupError("backend-absent", "no GOST backend works on this machine")
