"""The calls of Mayan's REST v4 that are needed, as they behaved on a real server (sed.md 5)."""

from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO
from urllib.parse import urlencode

from config.i18n import _
from connector.errors import OutcomeUnknownError
from connector.masking import protect
from connector.sed.download import Expected, download
from connector.sed.http import Call, SedHttp, TokenAuth, garbage
from connector.sed.mayan.settings import MayanSettings

Row = Mapping[str, Any]
_PAGE = 50


class Rest:
    """The calls. Thread-safe."""

    def __init__(self, settings: MayanSettings) -> None:
        protect(settings.token)
        self._http = SedHttp(settings.address(), TokenAuth(settings.token.reveal))

    def close(self) -> None:
        """Let go of the connections."""
        self._http.close()

    def rows(self, path: str, what: str, **options: str) -> Iterator[Row]:
        """Yield the rows of a list, page by page, each page asked for when it is needed."""
        number, before = 1, list[int]()
        while True:
            options |= {"page": str(number), "page_size": str(_PAGE)}
            call = Call("GET", f"{path}?{urlencode(options)}", what)
            told = self._http.exchange(call).json
            page: Row = told if isinstance(told, dict) else {}
            rows = page.get("results")
            if not isinstance(rows, list) or not all(
                isinstance(row, dict) and isinstance(row.get("id"), int) for row in rows
            ):
                raise garbage(call, _("JSON without a list of rows"))
            yield from rows
            if not page.get("next"):
                return
            ids = [row["id"] for row in rows]
            if ids == before:
                raise garbage(call, _("the same rows again and again"))
            number, before = number + 1, ids

    def one(self, path: str, what: str) -> Row:
        """Return one thing."""
        call = Call("GET", path, what)
        told = self._http.exchange(call).json
        if not isinstance(told, dict) or not isinstance(told.get("id"), int):
            raise garbage(call, _("JSON without an id"))
        return told

    def post(self, path: str, body: Mapping[str, object], what: str) -> Row:
        """Make something; return it. A success without an id is an unknown outcome."""
        told = self._http.exchange(Call("POST", path, what, changing=True), body).json
        if not isinstance(told, dict) or not isinstance(told.get("id"), int):
            raise OutcomeUnknownError(_("{what}: the answer bears no Id").format(what=what))
        return told

    def order(self, path: str, body: Mapping[str, object], what: str) -> None:
        """Have something done that answers with nothing to read."""
        self._http.exchange(Call("POST", path, what, changing=True), body)

    def delete(self, path: str, what: str) -> None:
        """Move something to the trash."""
        self._http.exchange(Call("DELETE", path, what, changing=True))

    def upload(self, path: str, form: Mapping[str, str], name: str, body: BinaryIO, what: str) -> None:
        """Send a file. Mayan answers 202 and works on it later; its answer is no proof of anything."""
        self._http.upload(Call("POST", path, what, changing=True), form, "file_new", name, body)

    def open(self, path: str, limit: int, what: str, expected: Expected) -> BinaryIO:
        """Return a file's bytes, at most `limit` of them in a temporary file. Close it."""
        return download(self._http, Call("GET", path, what, headers={"Accept": "*/*"}), limit, expected)
