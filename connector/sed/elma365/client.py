"""The calls of ELMA365's public API that are needed (sed.md 5). No server of ours has answered them."""

import io
from collections.abc import Callable, Iterator, Mapping
from typing import Any, BinaryIO
from urllib.parse import urlsplit

import httpx

from config.i18n import _
from connector.errors import OutcomeUnknownError, PermanentError
from connector.masking import protect
from connector.sed.download import Expected, download
from connector.sed.elma365.query import UPDATED, Filter, changed_since, every
from connector.sed.elma365.settings import X_TOKEN, ElmaSettings
from connector.sed.http import Address, Call, SedHttp, StatusError, TokenAuth, again, garbage, own_words

Row = Mapping[str, Any]


def identity(row: Row) -> str:
    """Return a row's id."""
    return str(row["__id"])


class Api:
    """The calls. Thread-safe. A refusal is told as `success: false` or by a status; both are StatusError."""

    def __init__(self, settings: ElmaSettings) -> None:
        protect(settings.token)
        self._settings = settings
        scheme = "" if settings.token_header == X_TOKEN else "Bearer "
        auth = TokenAuth(settings.token.reveal, header=settings.token_header, scheme=scheme)
        self._http = SedHttp(settings.address(), auth)
        self._stores: dict[str, SedHttp] = {}  # origin → where links of files lead

    def close(self) -> None:
        """Let go of the connections."""
        for http in (self._http, *self._stores.values()):
            http.close()

    # ---- rows

    def rows(self, app: str, *conditions: Filter, what: str) -> Iterator[Row]:
        """Yield the rows of an app in the order of their changes, page by page.

        Pages follow the time of change, not a count: a row that changes meanwhile moves to the end, and one
        that moved up into its place would be skipped by a count.
        """
        since, start, seen = "", 0, set[tuple[str, str]]()
        while True:
            where = every([*conditions, *([changed_since(since)] if since else [])])
            rows = self._page(app, where, start, what)
            told = {(identity(row), str(row[UPDATED])) for row in rows}
            yield from (row for row in rows if (identity(row), str(row[UPDATED])) not in seen)
            if len(rows) < self._settings.page:
                return
            last = str(rows[-1][UPDATED])
            if start and told <= seen:
                raise garbage(Call("POST", app, what), _("the same rows again and again"))
            if last == since:  # more rows of one moment than a page holds
                start, seen = start + len(rows), seen | told
            else:
                since, start, seen = last, 0, {one for one in told if one[1] == last}

    def _page(self, app: str, where: Filter, start: int, what: str) -> list[Row]:
        body = {
            "active": True, "from": start, "size": self._settings.page, "filter": where,
            "sortExpressions": [{"ascending": True, "field": UPDATED}],
        }  # fmt: skip
        call = Call("POST", f"{self._path(app)}/list", what)
        told = again(lambda: self._told(call, body)).get("result")
        rows = told.get("result") if isinstance(told, dict) else None
        if not isinstance(rows, list) or not all(_is_row(row) for row in rows):
            raise garbage(call, _("JSON without a list of rows"))
        return rows

    def statuses(self, app: str) -> dict[int, tuple[str, str]]:
        """Return the statuses of an app: number → code, name."""
        call = Call("GET", f"{self._path(app)}/settings/status", _("the statuses of the app"))
        told = self._told(call)
        items = told.get("statusItems")
        return {
            int(one["id"]): (str(one.get("code") or ""), str(one.get("name") or ""))
            for one in (items if isinstance(items, list) else [])
            if isinstance(one, dict) and isinstance(one.get("id"), int)
        }

    def create(self, app: str, context: Mapping[str, object], what: str) -> str:
        """Make a row; return its id. A success without an id is an unknown outcome."""
        told = self._told(
            Call("POST", f"{self._path(app)}/create", what, changing=True), {"context": context}
        )
        item = told.get("item")
        if not isinstance(item, dict) or not isinstance(item.get("__id"), str):
            raise OutcomeUnknownError(_("{what}: the answer bears no Id").format(what=what))
        return identity(item)

    def update(self, app: str, row: str, context: Mapping[str, object], what: str) -> None:
        """Change fields of a row."""
        call = Call("POST", f"{self._path(app)}/{row}/update", what, changing=True)
        self._told(call, {"context": context})

    # ---- files

    def directory(self) -> None:
        """Look at the folder for files."""
        path = f"disk/directory/{self._settings.directory}"
        self._told(Call("GET", path, _("the folder for files")))

    def upload(
        self, name: str, body: BinaryIO, size: int, mark: str, what: str, watch: Callable[[bytes], None]
    ) -> str:
        """Store a file in parts that bear one mark (UUID); return its id. `watch` sees every part.

        A repeat leaves a file that nobody refers to, so a lost answer is no unknown outcome.
        """
        path = f"disk/directory/{self._settings.directory}/upload?hash={mark}"
        start = 0
        while True:
            part = body.read(min(self._settings.part, size - start) if size > start else 0)
            watch(part)
            end = start + len(part)
            call = Call("POST", path, what, headers={"Content-Range": f"bytes {start}-{end}/{size}"})
            told = self._read(call, self._http.upload(call, {}, "file", name, io.BytesIO(part)).json)
            start = end
            if start >= size or not part:
                break
        file = told.get("file")
        if not isinstance(file, dict) or not isinstance(file.get("__id"), str):
            raise garbage(call, _("JSON without an id"))
        return identity(file)

    def file_name(self, file: str) -> tuple[str, int | None]:
        """Return a file's name and, when it is told, its size in bytes."""
        told = self._told(Call("GET", f"disk/file/{file}", _("the file {id}").format(id=file))).get("file")
        row = told if isinstance(told, dict) else {}
        name = next((row[one] for one in ("__name", "originalName", "name") if row.get(one)), file)
        size = row.get("size")
        return str(name), size if isinstance(size, int) else None

    def open(self, file: str, what: str) -> BinaryIO:
        """Return a file's bytes in a temporary file. Close it.

        The link leads to the store of files, which may be another server: it never sees our token.
        """
        _name, size = self.file_name(file)
        told = again(lambda: self._told(Call("POST", f"disk/file/{file}/get-link", what), {}))
        try:
            parts = urlsplit(str(told.get("Link") or told.get("link") or ""))
        except ValueError:
            parts = urlsplit("")
        if not parts.hostname:
            raise garbage(Call("POST", file, what), _("an answer without a link"))
        if parts.scheme == "http" and self._settings.url.startswith("https:"):  # a service of this machine
            sentence = _("{what}: its link leads to plain http, which is not followed").format(what=what)
            raise PermanentError(sentence, code="file-gone", field="files")
        http = self._store(f"{parts.scheme}://{parts.netloc}", what)
        path = parts.path.lstrip("/") + (f"?{parts.query}" if parts.query else "")
        call = Call("GET", path, what, headers={"Accept": "*/*"})
        return download(http, call, self._settings.max_file_size, Expected(size))

    def _store(self, origin: str, what: str) -> SedHttp:
        if origin not in self._stores:
            own = self._settings.address()
            try:
                address = Address(origin, own.ca_file, own.timeouts)
            except ValueError as error:
                raise PermanentError(f"{what}: {error}", code="file-gone", field="files") from error
            self._stores[origin] = SedHttp(address, httpx.Auth())
        return self._stores[origin]

    # ---- the wire

    def _path(self, app: str) -> str:
        return f"app/{self._settings.namespace}/{app}"

    def _told(self, call: Call, body: object = None) -> dict[str, Any]:
        return self._read(call, self._http.exchange(call, body).json)

    @staticmethod
    def _read(call: Call, told: object) -> dict[str, Any]:
        if not isinstance(told, dict):
            raise garbage(call, _("what is not JSON"))
        if told.get("success") is False:
            raise StatusError(f"{call.what}{own_words(told) or ': success = false'}", status=200)
        return told


def _is_row(row: object) -> bool:
    return isinstance(row, dict) and isinstance(row.get("__id"), str) and isinstance(row.get(UPDATED), str)
