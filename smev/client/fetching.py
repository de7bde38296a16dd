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
    continued = _bring(file, part, store)
    try:
        files.check(file, files.pieces_of(part), provider, None, moment)
    except BrokenFileError:
        part.unlink(missing_ok=True)
        if not continued:
            raise
        _bring(file, part, store)  # what was gone on with may have been of another file: once from its start
        files.check(file, files.pieces_of(part), provider, None, moment)
    files.settle(part, target)


def _bring(file: IncomingFile, part: Path, store: FileStore | None) -> bool:
    """Write the bytes into `part`; return whether they were added to bytes of an earlier attempt."""
    if file.data is None and file.spool is None:
        if store is None or not file.location:
            raise BrokenFileError(file.name or file.id, "the message does not say where it is")
        return store.download(file, part)
    try:
        if file.data is not None:
            part.write_bytes(file.data)
        elif file.spool is not None:
            shutil.copyfile(file.spool, part)
    except OSError as error:
        raise files.unwritable(part, error) from error
    return False
