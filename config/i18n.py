"""Two languages for everything a user sees: English in the code, Russian in `locale/`.

Each room keeps its own catalogue (`locale/ru/LC_MESSAGES/<room>.po`); they are read as one.
The command line follows the process's locale; what administrators get (workbooks, mails, reports,
pages) is written inside `speaking(language)`, by a setting, Russian by default.
"""

import gettext as _gettext
import locale
import os
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from pathlib import Path

LOCALE_DIR = Path(__file__).parent / "locale"
LANGUAGES = ("ru", "en")

_current: ContextVar[str | None] = ContextVar("language", default=None)
_settled: str | None = None


def _(message: str) -> str:
    """Return the message in the language of the moment."""
    return _catalogue(language()).gettext(message)


def ngettext(singular: str, plural: str, n: int) -> str:
    """Return the form of the message that goes with the number, in the language of the moment."""
    return _catalogue(language()).ngettext(singular, plural, n)


def N_(message: str) -> str:  # noqa: N802 - gettext's own name for a deferred message
    """Mark a message for the catalogues; it is translated later, where it is shown."""
    return message


def language() -> str:
    """Return the language of the moment: of this context, else the one settled on, else the locale's."""
    return _current.get() or _settled or _process_language()


def settle(code: str) -> None:
    """Make a language the one of every thread that speaks no other: a daemon's, by its settings."""
    global _settled  # noqa: PLW0603 - one process, one daemon
    _settled = _known(code)


@contextmanager
def speaking(code: str) -> Iterator[None]:
    """Use a language inside a block. Raises ValueError for one that has no catalogue."""
    token = _current.set(_known(code))
    try:
        yield
    finally:
        _current.reset(token)


def _known(code: str) -> str:
    if code not in LANGUAGES:
        raise ValueError(f"unknown language {code!r}: use one of {', '.join(LANGUAGES)}")
    return code


def _process_language() -> str:
    for variable in ("LC_ALL", "LC_MESSAGES", "LANG"):
        if value := os.environ.get(variable):
            return "ru" if value.lower().startswith("ru") else "en"
    return "ru" if (locale.getlocale()[0] or "").lower().startswith("ru") else "en"


@cache
def _catalogue(code: str) -> _gettext.NullTranslations:
    merged = _gettext.NullTranslations()
    for path in sorted((LOCALE_DIR / code / "LC_MESSAGES").glob("*.mo")):
        with path.open("rb") as binary:
            translations = _gettext.GNUTranslations(binary)
        translations.add_fallback(merged)
        merged = translations
    return merged
