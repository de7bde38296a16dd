"""A file of a SED that speaks HTTP: its bytes, bounded, in a temporary file."""

import tempfile
from typing import BinaryIO

from config.i18n import _
from connector.errors import PermanentError
from connector.sed.http import Call, SedHttp, again

_IN_MEMORY = 1 << 20  # bytes; more goes to a temporary file


def download(http: SedHttp, call: Call, limit: int) -> BinaryIO:
    """Return a file's bytes, at most `limit` of them; what fails for a moment is tried again. Close it."""
    return again(lambda: _opened(http, call, limit))


def _opened(http: SedHttp, call: Call, limit: int) -> BinaryIO:
    kept = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115 - the caller closes it
    try:
        _copy(http, call, kept, limit)  # type: ignore[arg-type]  # a BinaryIO in all but name
    except BaseException:
        kept.close()
        raise
    kept.seek(0)
    return kept  # type: ignore[return-value]


def _copy(http: SedHttp, call: Call, sink: BinaryIO, limit: int) -> None:
    size = 0
    with http.stream(call) as chunks:
        for chunk in chunks:
            size += len(chunk)
            if size > limit:
                sentence = _("{what}: larger than {limit} bytes, see max_file_size")
                raise PermanentError(
                    sentence.format(what=call.what, limit=limit), code="too-large", field="files"
                )
            sink.write(chunk)
