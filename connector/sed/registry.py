"""The table of SED kinds: ours, and those of other packages (entry point group `sedlink.sed`).

A package whose adapter cannot be loaded is named with its reason; the daemon goes on without it.
"""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path

from config.i18n import _
from connector.sed import Sed
from connector.sed.disabled import DisabledSed

GROUP = "sedlink.sed"
VERBS = (
    "capabilities", "check", "find", "register", "changes", "open_file", "acknowledge", "cards", "annotate",
    "dictionary",
)  # fmt: skip
_log = logging.getLogger(__name__)

# kind → "module:factory"; a factory takes the section's own settings and the folder that relative
# paths are relative to, and raises ValueError with a sentence for every wrong one.
Factory = Callable[[Mapping[str, object], Path], Sed]
KINDS: Mapping[str, str] = {
    "medo": "connector.sed.medo:build",
    "sev": "connector.sed.sev:build",
    "dms1c": "connector.sed.dms1c:build",
    "directum": "connector.sed.directum:build",
    "elma365": "connector.sed.elma365:build",
    "mayan": "connector.sed.mayan:build",
    "sqlview": "connector.sed.sqlview:build",
}


class UnknownSedError(Exception):
    """The configuration names a SED kind that is not there, or one that cannot be loaded."""


class BrokenSedError(UnknownSedError):
    """The kind is there, in another package, and that package is broken: a reason to go on without it."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind that a configuration may name; `package` is empty for ours, `reason` unless it is broken."""

    name: str
    package: str = ""
    reason: str = ""


def build(kind: str, settings: Mapping[str, object], folder: Path) -> Sed:
    """Return the adapter of a kind.

    Raises UnknownSedError; BrokenSedError when another package's adapter fails on its own account; for
    wrong settings ValueError.
    """
    if kind in KINDS:
        return _own(kind)(settings, folder)
    return _foreign_sed(_point(kind), settings, folder)


def factory_of(kind: str) -> Factory:
    """Return the factory of a kind of another package. Raises UnknownSedError."""
    return _loaded(_point(kind))


def build_or_disable(kind: str, settings: Mapping[str, object], folder: Path) -> Sed:
    """Return the adapter, or in place of another package's broken one a stand-in that tells the reason.

    Raises UnknownSedError for a kind that nobody has, ValueError for wrong settings.
    """
    try:
        return build(kind, settings, folder)
    except BrokenSedError as error:
        _log.error("SED kind %s is disabled: %s", kind, error)
        return DisabledSed(str(error))


def known_kinds() -> list[str]:
    """Return every kind that a configuration may name."""
    return sorted({*KINDS, *(point.name for point in entry_points(group=GROUP))})


def kinds() -> list[Kind]:
    """Return every kind, ours first, each with whose it is and why it cannot be used."""
    own = [Kind(name) for name in sorted(KINDS)]
    points = {point.name: point for point in reversed(list(entry_points(group=GROUP)))}
    return own + [_examined(points[name]) for name in sorted(points)]


def _examined(point: EntryPoint) -> Kind:
    package = point.dist.name if point.dist else point.module
    if point.name in KINDS:
        reason = _("the name belongs to an adapter of sedlink: its own is used")
        return Kind(point.name, package, reason)
    try:
        _loaded(point)
    except BrokenSedError as error:
        return Kind(point.name, package, str(error))
    return Kind(point.name, package)


def _own(kind: str) -> Factory:
    module, _colon, name = KINDS[kind].partition(":")
    factory: Factory = getattr(import_module(module), name)
    return factory


def _point(kind: str) -> EntryPoint:
    for point in entry_points(group=GROUP):
        if point.name == kind:
            return point
    raise UnknownSedError(
        _('kind = "{kind}" is not known; known ones: {kinds}').format(
            kind=kind, kinds=", ".join(known_kinds())
        )
    )


def _foreign_sed(point: EntryPoint, settings: Mapping[str, object], folder: Path) -> Sed:
    factory = _loaded(point)
    try:
        sed = factory(settings, folder)
    except ValueError:
        raise  # wrong settings: the administrator's to mend
    except (Exception, SystemExit) as error:
        raise _broken(point, error) from error
    if missing := [verb for verb in VERBS if not hasattr(sed, verb)]:
        raise BrokenSedError(
            _('the adapter "{kind}" of another package lacks: {verbs}').format(
                kind=point.name, verbs=", ".join(missing)
            )
        )
    return sed


def _loaded(point: EntryPoint) -> Factory:
    try:
        factory = point.load()
    except (Exception, SystemExit) as error:
        raise _broken(point, error) from error
    if not callable(factory):
        raise BrokenSedError(
            _('the adapter "{kind}" of another package is not a factory').format(kind=point.name)
        )
    found: Factory = factory
    return found


def _broken(point: EntryPoint, error: BaseException) -> BrokenSedError:
    told = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    return BrokenSedError(
        _('the adapter "{kind}" of another package cannot be loaded: {error}').format(
            kind=point.name, error=told
        )
    )
