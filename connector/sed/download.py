"""A file of a SED that speaks HTTP: its bytes, bounded, in a temporary file."""

import hashlib
import tempfile
from dataclasses import dataclass
from typing import BinaryIO

from config.i18n import _
from connector.errors import PermanentError
from connector.sed.http import Call, SedHttp, again, garbage

_IN_MEMORY = 1 << 20  # bytes; more goes to a temporary file


@dataclass(frozen=True, slots=True)
class Expected:
    """What the SED itself says of a file: a page or half a file may come as a success instead of it."""

    size: int | None = None  # bytes
    sha256: str = ""


def download(http: SedHttp, call: Call, limit: int, expected: Expected) -> BinaryIO:
    """Return a file's bytes, at most `limit` of them; what fails for a moment is tried again. Close it.

    Raises RetryableError when what came is not what the SED says of the file.
    """
    return again(lambda: _opened(http, call, limit, expected))


def _opened(http: SedHttp, call: Call, limit: int, expected: Expected) -> BinaryIO:
    kept = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115 - the caller closes it
    try:
        _check(_copy(http, call, kept, limit), expected, call)  # type: ignore[arg-type]  # a BinaryIO
    except BaseException:
        kept.close()
        raise
    kept.seek(0)
    return kept  # type: ignore[return-value]


def _check(came: Expected, expected: Expected, call: Call) -> None:
    if expected.size not in (None, came.size) or expected.sha256 not in ("", came.sha256):
        raise garbage(call, _("another file ({size} bytes)").format(size=came.size))


def _copy(http: SedHttp, call: Call, sink: BinaryIO, limit: int) -> Expected:
    """Copy the bytes; return what they are."""
    size, digest = 0, hashlib.sha256()
    with http.stream(call) as chunks:
        for chunk in chunks:
            size += len(chunk)
            if size > limit:
                sentence = _("{what}: larger than {limit} bytes, see max_file_size")
                raise PermanentError(
                    sentence.format(what=call.what, limit=limit), code="too-large", field="files"
                )
            digest.update(chunk)
            sink.write(chunk)
    return Expected(size, digest.hexdigest())
