"""The attachments of a message that is written into a folder: checked, copied, named for the peer."""

from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from config.i18n import _
from connector.appeal import StoredFile
from connector.errors import PermanentError, RetryableError
from connector.sed import OpenFile
from connector.sed.folder import Digest, copy
from connector.sed.names import extension, safe_file_name, unique_file_name


@dataclass(frozen=True, slots=True)
class Part:
    """A file of the message: its name in the folder, what it is called, its size in bytes and its hash."""

    unique_name: str
    description: str
    extension: str
    size: int
    sha256: str


def refuse_large(files: tuple[StoredFile, ...], limit: int) -> None:
    """Raise PermanentError for the first file above a limit in bytes."""
    for number, file in enumerate(files, start=1):
        if file.size > limit:
            sentence = _("attachment {number} is {size} bytes, the SED takes at most {limit}").format(
                number=number, size=file.size, limit=limit
            )
            raise PermanentError(sentence, code="file-too-large", field="attachments")


def copy_files(
    draft: Path,
    files: tuple[StoredFile, ...],
    open_file: OpenFile,
    *,
    reserved: Iterable[str] = (),
    encoding: str = "utf-8",
) -> list[Part]:
    """Copy the attachments into the message's folder under unique safe names; a damaged one is refused.

    `reserved` names are not given to any; characters that `encoding` lacks are replaced in names.
    """
    taken = {name.casefold() for name in reserved}
    taken |= {entry.name.casefold() for entry in draft.iterdir()}
    parts = []
    for number, file in enumerate(files, start=1):
        unique, digest = unique_file_name(writable(file.name, encoding), taken), Digest()
        with ExitStack() as opened:
            try:
                source = opened.enter_context(open_file(file))
            except OSError as error:
                sentence = _("attachment {number} cannot be read from the file store: {error}").format(
                    number=number, error=error.strerror
                )
                raise RetryableError(sentence, code="file-store") from error
            copy(source, draft / unique, digest)
        if not digest.matches(file):
            sentence = _("attachment {number} in the file store is damaged: its hash does not match").format(
                number=number
            )
            raise PermanentError(sentence, code="file-damaged", field="attachments")
        shown = safe_file_name(file.name)
        suffix = extension(shown)
        description = shown.removesuffix(suffix) or shown
        parts.append(Part(unique, description, suffix, file.size, file.sha256))
    return parts


def writable(name: str, encoding: str) -> str:
    """Return a name with `_` for every character that an encoding lacks."""
    return name.encode(encoding, errors="replace").decode(encoding).replace("?", "_")


@contextmanager
def folder_troubles(folder: Path) -> Iterator[None]:
    """Turn what the file system says into an error of the channel: nothing was handed over."""
    try:
        yield
    except OSError as error:
        sentence = _("the exchange folder {folder} cannot be used: {error}").format(
            folder=error.filename or folder, error=error.strerror or type(error).__name__
        )
        raise RetryableError(sentence, code="folder") from error
