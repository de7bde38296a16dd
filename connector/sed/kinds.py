"""Every kind of SED that a configuration may name: whose it is, what it can do, why it cannot be used."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from config.i18n import _
from connector.sed import Capabilities
from connector.sed.matrix import CLAIMS, capabilities
from connector.sed.quality import EXPERIMENTAL, read_quality
from connector.sed.registry import KINDS, BrokenSedError, Kind, build, factory_of, kinds


@dataclass(frozen=True, slots=True)
class Described:
    """A kind with what is known of it. `capabilities` is None where only a configured one can tell."""

    kind: Kind
    title: str
    experimental: str  # why it is to be tried with care; empty where it is not
    capabilities: Capabilities | None

    @property
    def claims(self) -> Mapping[str, object]:
        """Return what it can do, by the names of `Capabilities`."""
        if self.capabilities is None:
            return {}
        told = asdict(self.capabilities)
        return {name: told[name] for name in CLAIMS}

    def as_json(self) -> dict[str, object]:
        """Return the one object that `--json` prints of it."""
        return {
            "kind": self.kind.name,
            "title": self.title,
            "package": self.kind.package or "sedlink",
            "experimental": self.experimental,
            "disabled": self.kind.reason,
            "capabilities": dict(self.claims) if self.capabilities else None,
        }


def described() -> list[Described]:
    """Return every kind, ours first."""
    return [_theirs(kind) if kind.package else _ours(kind) for kind in kinds()]


def _ours(kind: Kind) -> Described:
    quality = read_quality(kind.name)
    words = EXPERIMENTAL.get(kind.name, "")
    return Described(kind, quality.title, _(words) if words else "", capabilities(kind.name, quality))


def _theirs(kind: Kind) -> Described:
    """Describe another package's kind by its factory's attributes `title`, `experimental`, `sample`."""
    if kind.reason or kind.name in KINDS:
        return Described(kind, "", "", None)
    factory = factory_of(kind.name)
    title, experimental = (str(getattr(factory, name, "")) for name in ("title", "experimental"))
    sample = getattr(factory, "sample", {})
    try:
        settings = sample if isinstance(sample, Mapping) else {}
        told = build(kind.name, settings, Path("/nonexistent")).capabilities
    except ValueError:  # it wants settings, and its factory names no sample of them
        return Described(kind, title, experimental, None)
    except BrokenSedError as error:
        return Described(Kind(kind.name, kind.package, str(error)), title, experimental, None)
    return Described(kind, title, experimental, told)
