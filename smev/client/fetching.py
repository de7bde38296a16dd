"""Bringing a file of a message to its place, from wherever it waits, and checking it."""

import shutil
from datetime import datetime
from pathlib import Path

from smev.client import files
from smev.client.faults import BrokenFileError
from smev.client.ftp import FileStore
from smev.client.words import IncomingFile
from smev.gost.provider import Provider


def fetch(
    file: IncomingFile, target: Path, store: FileStore | None, provider: Provider, moment: datetime
) -> None:
    """Bring a file into `target`, which appears only whole and checked.

    Raises BrokenFileError, NotSentError (again later), SetupError (this machine's disk).
    """
    part = target.with_name(target.name + ".part")
    _bring(file, part, store)
    try:
        files.check(file, files.pieces_of(part), provider, None, moment)
    except BrokenFileError:
        part.unlink(missing_ok=True)
        if not _waits(file):
            raise
        _bring(file, part, store)  # spoilt on the way, or gone on with from another file: once from its start
        _check_again(file, part, provider, moment)
    files.settle(part, target)


def _check_again(file: IncomingFile, part: Path, provider: Provider, moment: datetime) -> None:
    try:
        files.check(file, files.pieces_of(part), provider, None, moment)
    except BrokenFileError:
        part.unlink(missing_ok=True)
        raise


def _waits(file: IncomingFile) -> bool:
    """Whether the file waits in the store, rather than came with the envelope."""
    return file.data is None and file.spool is None


def _bring(file: IncomingFile, part: Path, store: FileStore | None) -> None:
    """Write the bytes into `part`, after what an earlier attempt brought there."""
    if _waits(file):
        if store is None or not file.location:
            raise BrokenFileError(file.name or file.id, "the message does not say where it is")
        store.download(file, part)
        return
    try:
        if file.data is not None:
            part.write_bytes(file.data)
        elif file.spool is not None:
            shutil.copyfile(file.spool, part)
    except OSError as error:
        raise files.unwritable(part, error) from error
