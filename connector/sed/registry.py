"""The table of SED kinds: ours, and those of other packages (entry point group `sedlink.sed`).

A package whose adapter cannot be loaded is named with its reason; the daemon goes on without it.
"""

from collections.abc import Callable, Mapping
from importlib import import_module
from importlib.metadata import entry_points
from pathlib import Path

from config.i18n import _
from connector.sed import Sed

GROUP = "sedlink.sed"

# kind → "module:factory"; a factory takes the section's own settings and the folder that relative
# paths are relative to, and raises ValueError with a sentence for every wrong one.
Factory = Callable[[Mapping[str, object], Path], Sed]
KINDS: Mapping[str, str] = {
    "medo": "connector.sed.medo:build",
    "sev": "connector.sed.sev:build",
    "dms1c": "connector.sed.dms1c:build",
    "directum": "connector.sed.directum:build",
    "mayan": "connector.sed.mayan:build",
    "sqlview": "connector.sed.sqlview:build",
}


class UnknownSedError(Exception):
    """The configuration names a SED kind that is not there, or one that cannot be loaded."""


def build(kind: str, settings: Mapping[str, object], folder: Path) -> Sed:
    """Return the adapter of a kind. Raises UnknownSedError or, for wrong settings, ValueError."""
    return _factory(kind)(settings, folder)


def known_kinds() -> list[str]:
    """Return every kind that a configuration may name."""
    return sorted({*KINDS, *(point.name for point in entry_points(group=GROUP))})


def _factory(kind: str) -> Factory:
    if kind in KINDS:
        module, _colon, name = KINDS[kind].partition(":")
        factory: Factory = getattr(import_module(module), name)
        return factory
    for point in entry_points(group=GROUP):
        if point.name == kind:
            return _foreign(point.name, point.load)
    raise UnknownSedError(
        _('kind = "{kind}" is not known; known ones: {kinds}').format(
            kind=kind, kinds=", ".join(known_kinds())
        )
    )


def _foreign(kind: str, load: Callable[[], object]) -> Factory:
    try:
        factory = load()
    except Exception as error:
        raise UnknownSedError(
            _('the adapter "{kind}" of another package cannot be loaded: {error}').format(
                kind=kind, error=error
            )
        ) from error
    if not callable(factory):
        raise UnknownSedError(_('the adapter "{kind}" of another package is not a factory').format(kind=kind))
    return factory
