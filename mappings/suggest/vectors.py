"""Vectors of texts kept on disk: a model is slow (some 25 ms a text), names of classifiers rarely change."""

import hashlib
import os
import tempfile
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from config.i18n import _
from mappings.errors import FileError

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Vectors = npt.NDArray[np.float32]

MOST = 20_000  # texts kept: ten editions of the classifier, 30 MB
_BATCH = 32
_DIGEST = 16


class Model(Protocol):
    """What is asked of a model. `name` changes whenever its vectors would."""

    name: str

    def vectors(self, texts: list[str]) -> "Vectors":
        """Return one normalised row per text."""


class Remembered:
    """A model that remembers in memory what it was asked, and on disk what `save` was called after."""

    def __init__(self, model: Model, folder: Path | None) -> None:
        """Read the file of this model in `folder`. None: nothing is kept. A damaged file counts as none."""
        self._model = model
        self._path = folder / f"{model.name}.npz" if folder else None
        self._known: dict[bytes, Vectors] = {}
        self._new = False
        if self._path and self._path.exists():
            self._known = _load(self._path)

    def vectors(self, texts: Sequence[str], progress: Callable[[int, int], None] | None = None) -> "Vectors":
        """Return one row per text. `progress` gets the number of texts done and of all that must be made."""
        import numpy as np

        keys = [_key(text) for text in texts]
        missing = {key: text for key, text in zip(keys, texts, strict=True) if key not in self._known}
        todo = list(missing.items())
        if progress and todo:
            progress(0, len(todo))
        for start in range(0, len(todo), _BATCH):
            batch = todo[start : start + _BATCH]
            made = self._model.vectors([text for _key_of_it, text in batch])
            self._known.update(zip([key for key, _text in batch], made, strict=True))
            self._new = True
            if progress:
                progress(start + len(batch), len(todo))
        return np.stack([self._known[key] for key in keys]) if keys else np.zeros((0, 1), np.float32)

    def save(self) -> None:
        """Write what is new, whole or not at all. Raises FileError when the folder cannot be written."""
        if not self._path or not self._new:
            return
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            _write(self._path, list(self._known.items())[-MOST:])
        except OSError as problem:
            raise FileError(
                _("{file}: the cache of meanings cannot be written: {reason}").format(
                    file=self._path, reason=problem.strerror or problem
                )
            ) from problem
        self._new = False


def _key(text: str) -> bytes:
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=_DIGEST).digest()


def _load(path: Path) -> "dict[bytes, Vectors]":
    import zipfile

    import numpy as np

    # What cannot be read is made again: a cache holds nothing that could be lost.
    with suppress(OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        with path.open("rb") as stream, np.load(stream, allow_pickle=False) as kept:
            keys, vectors = kept["keys"], kept["vectors"]
        if keys.shape == (len(vectors), _DIGEST) and vectors.dtype == np.float32 and vectors.ndim == 2:
            return {key.tobytes(): vector for key, vector in zip(keys, vectors, strict=True)}
    return {}


def _write(path: Path, items: "Iterable[tuple[bytes, Vectors]]") -> None:
    import numpy as np

    keys, vectors = zip(*items, strict=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=path.stem, suffix=".tmp")
    try:
        with os.fdopen(handle, "wb") as stream:
            as_bytes = np.frombuffer(b"".join(keys), np.uint8).reshape(-1, _DIGEST)
            np.savez(stream, keys=as_bytes, vectors=np.stack(vectors))
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
