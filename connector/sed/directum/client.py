"""OData v4 as Directum's Integration Service wants it (sed.md 4): filters always, pages by id, bodies."""

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, BinaryIO

import httpx

from config.i18n import _
from connector.errors import OutcomeUnknownError, PermanentError, RetryableError
from connector.masking import protect
from connector.sed.directum import query
from connector.sed.directum.bodies import BodyTooLargeError, BrokenBodyError, decode, encode, encoded_size
from connector.sed.directum.settings import DirectumSettings
from connector.sed.http import Call, SedHttp, StatusError, again, garbage

Row = Mapping[str, Any]
_DOES_NOT_KNOW = frozenset({400, 404, 405, 501})  # a navigation that a server cannot give in this way
_IN_MEMORY = 1 << 20  # bytes of a body; more goes to a temporary file
# Only the id comes back of what was made; the second is the standard's own word for the same.
_MINIMAL = {"Return": "minimal", "Prefer": "return=minimal"}


class OData:
    """The calls. Thread-safe. An `$expand` that the server refuses is made smaller, once and for all."""

    def __init__(self, settings: DirectumSettings) -> None:
        protect(settings.password)
        self._page = settings.page
        self._http = SedHttp(settings.address(), httpx.BasicAuth(settings.user, settings.password.reveal()))
        self._level: dict[str, int] = {}  # of a set: how small its $expand had to become
        self._refused: set[tuple[str, str]] = set()  # set, navigation that the server does not know

    def close(self) -> None:
        """Let go of the connections."""
        self._http.close()

    # ---- reading

    def page(
        self, name: str, where: str, *, after: int = 0, expand: Sequence[str] = (), select: str = "",
        top: int | None = None,
    ) -> list[Row]:  # fmt: skip
        """Return the rows of a set after an id, at most `top`, in the order of their ids.

        `expand` is what is wanted whole, as `Nav` or `Nav($expand=Other)`.
        """
        options = {
            "filter": query.every(f"Id gt {after}", where),
            "select": select,
            "orderby": "Id",
            "top": str(top or self._page),
        }
        levels = _levels(expand)
        level = min(self._level.get(name, 0), len(levels) - 1)
        while True:
            try:
                rows = self._rows(name, {**options, "expand": ",".join(levels[level])})
            except StatusError as error:
                if error.status != 400 or level + 1 == len(levels):
                    raise
                level += 1
                continue
            if rows and identity(rows[0]) <= after:
                raise garbage(Call("GET", name, name), _("the same rows again and again"))
            self._level[name] = max(level, self._level.get(name, 0))
            missing = [one for one in expand if one not in levels[level]]
            return [self._completed(name, row, missing) for row in rows] if missing else rows

    def every(self, name: str, where: str, *, expand: Sequence[str] = (), select: str = "") -> Iterator[Row]:
        """Yield all rows of a set, page by page."""
        after = 0
        while rows := self.page(name, where, after=after, expand=expand, select=select):
            yield from rows
            after = identity(rows[-1])
            if len(rows) < self._page:
                return

    def unknown_navigations(self) -> list[str]:
        """Return what the server could not expand at all, as `Set/Nav`."""
        return sorted(f"{name}/{nav}" for name, nav in self._refused)

    def metadata(self) -> str:
        """Return the service's own description, XML."""
        call = Call("GET", "$metadata", _("the description of the service"), headers=_ACCEPT_XML)
        return self._http.text(call)

    def _rows(self, name: str, options: Mapping[str, str]) -> list[Row]:
        call = Call("GET", query.address(name, options), _("the list {name}").format(name=name))
        told = self._http.exchange(call).json
        rows = told.get("value") if isinstance(told, dict) else None
        if not isinstance(rows, list) or not all(_is_row(row) for row in rows):
            raise garbage(call, _("JSON without a list of rows"))
        return _each_once(rows)

    def _completed(self, name: str, row: Row, missing: Sequence[str]) -> Row:
        """Return the row with what the smaller `$expand` left out, each asked for on its own."""
        found = dict(row)
        for wanted in missing:
            nav = wanted.partition("(")[0]
            if (name, nav) in self._refused:
                continue
            for ask in (self._nested, self._by_path, self._flat):
                try:
                    found[nav] = ask(name, identity(row), wanted)
                except StatusError as error:
                    if error.status not in _DOES_NOT_KNOW:
                        raise
                    continue
                break
            else:
                self._refused.add((name, nav))
        return found

    def _nested(self, name: str, number: int, wanted: str) -> object:
        options = {"filter": f"Id eq {number}", "select": "Id", "expand": wanted, "top": "1"}
        rows = self._rows(name, options)
        return rows[0].get(wanted.partition("(")[0]) if rows else None

    def _by_path(self, name: str, number: int, wanted: str) -> object:
        nav, bracket, inner = wanted.partition("($expand=")
        if not bracket:
            return self._flat(name, number, wanted)
        return self._rows(f"{name}({number})/{nav}", {"filter": "Id gt 0", "expand": inner.removesuffix(")")})

    def _flat(self, name: str, number: int, wanted: str) -> object:
        return self._nested(name, number, wanted.partition("(")[0])

    # ---- writing

    def create(self, path: str, body: Mapping[str, object], what: str) -> int:
        """Make an entity; return its id. A success without an id is an unknown outcome."""
        answer = self._http.exchange(Call("POST", path, what, changing=True, headers=_MINIMAL), body)
        made = query.created_id(answer.json, answer.headers)
        if made is None:
            raise OutcomeUnknownError(_("{what}: the answer bears no Id").format(what=what))
        return made

    def change(self, path: str, body: Mapping[str, object], what: str) -> None:
        """Change properties of an entity."""
        self._http.exchange(Call("PATCH", path, what, changing=True, headers=_MINIMAL), body)

    def delete(self, path: str, what: str) -> None:
        """Delete an entity; one that is gone already is fine."""
        try:
            self._http.exchange(Call("DELETE", path, what, changing=True))
        except StatusError as error:
            if error.status != 404:
                raise

    # ---- bodies

    def put_body(self, path: str, body: BinaryIO, size: int, what: str) -> None:
        """Store the body of a version, streamed."""
        call = Call("POST", f"{path}/Body", what, changing=True, headers=_MINIMAL)
        try:
            self._http.send(call, encode(body, size), encoded_size(size), "application/json")
        except BrokenBodyError as error:
            sentence = _("{what}: the stored file is damaged ({why})").format(what=what, why=error)
            raise PermanentError(sentence, code="file-damaged", field="files") from error

    def open_body(self, path: str, limit: int, what: str) -> BinaryIO:
        """Return the body of a version, at most `limit` bytes of it in a temporary file. Close it."""
        return again(lambda: self._opened(path, limit, what))

    def _opened(self, path: str, limit: int, what: str) -> BinaryIO:
        call = Call("GET", f"{path}/Body", what)
        kept = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115 - the caller closes it
        try:
            with self._http.stream(call) as chunks:
                decode(chunks, kept, limit)  # type: ignore[arg-type]  # a BinaryIO in all but name
        except BodyTooLargeError as error:
            kept.close()
            sentence = _("{what}: larger than {limit} bytes, see max_file_size").format(
                what=what, limit=limit
            )
            raise PermanentError(sentence, code="too-large", field="files") from error
        except BrokenBodyError as error:
            kept.close()
            raise RetryableError(
                _("{what}: the body cannot be read: {why}").format(what=what, why=error)
            ) from error
        except BaseException:
            kept.close()
            raise
        kept.seek(0)
        return kept  # type: ignore[return-value]


_ACCEPT_XML = {"Accept": "application/xml"}


def identity(row: Row) -> int:
    """Return the id of a row."""
    return int(row["Id"])


def _is_row(row: object) -> bool:
    return isinstance(row, dict) and isinstance(row.get("Id"), int)


def _each_once(rows: list[Row]) -> list[Row]:
    """Drop repeats, keep the order of ids: a page is judged by its last row."""
    found = {identity(row): row for row in rows}
    return [found[one] for one in sorted(found)]


def _levels(expand: Sequence[str]) -> list[tuple[str, ...]]:
    """Return ever smaller expands: as wished, without the nested ones, nothing."""
    flat = tuple(one for one in expand if "(" not in one)
    return list(dict.fromkeys((tuple(expand), flat, ())))
