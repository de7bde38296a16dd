"""Where messages lie after they were read (done, broken), and how a file of one is opened again."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, cast

from config.i18n import _
from connector.errors import PermanentError
from connector.sed.medo import container
from connector.sed.medo.incoming import Incoming, Slip, Taken, label
from connector.sed.medo.settings import MedoSettings
from connector.sed.names import is_plain_name
from connector.sed.waiting import move_aside


class Archive:
    """Moves read messages away by one rename each; may be repeated."""

    def __init__(self, settings: MedoSettings, incoming: Incoming) -> None:
        self._settings = settings
        self._incoming = incoming

    def receipt(self, slip: Slip, taken: Taken | None) -> str:
        """Return what `put_away` needs: verdict (broken where nothing was taken), digest, folder."""
        if taken:
            return f"done/{taken.digest}/{slip.folder}"
        return f"broken/{self._incoming.digest(slip.folder)}/{slip.folder}"

    def waiting(self, receipt: str) -> str:
        """Return the folder of a receipt while its message waits, "" when it does not or was replaced."""
        _verdict, digest, folder = _parsed(receipt)
        source = self._settings.folder_in / folder
        there = source.is_dir() and not source.is_symlink()
        return folder if there and self._incoming.digest(folder) == digest else ""

    def put_away(self, receipt: str) -> None:
        """Move a message to done (or broken); one that was replaced meanwhile stays to be read."""
        verdict, digest, folder = _parsed(receipt)
        if self.waiting(receipt):
            done = verdict == "done"
            home = self._settings.done / _kept_name(folder, digest)
            broken = self._settings.broken / f"{folder}{label(folder)}"
            move_aside(self._settings.folder_in / folder, home if done else broken)

    @contextmanager
    def opened(self, ref: str) -> Iterator[BinaryIO]:
        """Open a file that an event named. Raises PermanentError when it is gone or not of this exchange."""
        digest, folder, name, inner = _ref_parts(ref)
        path = self._path(digest, folder, name)
        if not inner:
            with path.open("rb") as plain:
                yield plain
            return
        with container.opened(path, self._settings.max_container_size) as packed:
            try:
                found = packed.open(inner)
            except KeyError as error:
                raise _gone(name, folder) from error
            with found:
                yield cast("BinaryIO", found)

    def _path(self, digest: str, folder: str, name: str) -> Path:
        kept = self._settings.done / _kept_name(folder, digest) / name
        waiting = self._settings.folder_in / folder / name
        if not kept.is_file() and waiting.is_file() and self._incoming.digest(folder) == digest:
            return waiting
        if kept.is_file():
            return kept
        raise _gone(name, folder)


def file_ref(taken: Taken, name: str) -> str:
    """Return what opens a file of a message, now and after it was moved to done."""
    return f"{taken.digest}/{taken.place}/{taken.paths[name]}"


def _gone(name: str, folder: str) -> PermanentError:
    sentence = _("file {name} of message {folder} is no longer in the exchange folders").format(
        name=name, folder=folder
    )
    return PermanentError(sentence, code="file-gone", field="files")


def _kept_name(folder: str, digest: str) -> str:
    return f"{folder}~{digest}"


def _parsed(receipt: str) -> tuple[str, str, str]:
    verdict, digest, folder = receipt.split("/")
    if verdict not in {"done", "broken"} or not is_plain_name(folder):
        raise ValueError(f"not a receipt of this folder: {receipt!r}")
    return verdict, digest, folder


def _ref_parts(ref: str) -> tuple[str, str, str, str]:
    parts = ref.split("/")
    if len(parts) not in (3, 4) or not all(map(is_plain_name, parts)):
        raise PermanentError(
            _("not a file of this exchange: {ref}").format(ref=ref), code="file-gone", field="files"
        )
    return parts[0], parts[1], parts[2], parts[3] if len(parts) == 4 else ""
