"""Exports in a folder and a list for the clerk, as the relay sees them (connector.platform.Platform)."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from config.i18n import _
from connector.appeal import Attachment, Cabinet, Reply, StoredFile
from connector.errors import ConnectorError, UnsupportedError
from connector.peer import Entry, Finding, Health
from connector.platform import Download, Page, Received
from connector.platform.spreadsheet.answers import AnswerList
from connector.platform.spreadsheet.inbox import Export, Inbox
from connector.platform.spreadsheet.memory import Memory
from connector.platform.spreadsheet.profile import SheetProfile, default_sheet_profile
from connector.platform.spreadsheet.translate import Reader, Understood
from mappings.words import same_key

_PAGE = 200
_SHOWN = 5  # problems that `check` tells


def utc_now() -> datetime:
    """Return the moment, UTC."""
    return datetime.now(UTC)


class SpreadsheetPlatform:
    """One cabinet of the platform through its exports. Thread-safe: all state is in files."""

    def __init__(
        self,
        cabinet: Cabinet,
        *,
        folder_in: Path,
        folder_out: Path,
        folder_state: Path,
        profile: SheetProfile | None = None,
        organisations: tuple[str, ...] = (),
        settle: float = 10.0,
        language: str = "ru",
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self._cabinet, self._folder_in = cabinet, folder_in
        self._reader = Reader(cabinet, profile or default_sheet_profile(), language)
        self._organisations = {same_key(name) for name in organisations}
        self._memory = Memory(folder_state / f"spreadsheet-{cabinet.opa_id}.db")
        self._inbox = Inbox(folder_in, self._reader, settle, time.time)
        self._answers = AnswerList(folder_out, self._memory, language, clock, cabinet.opa_id)

    def close(self) -> None:
        """Nothing is held open between calls."""

    # ---- reading

    def check(self) -> Health:
        """Look at the folders and the exports in them; changes nothing, never raises."""
        return Health((self._try_exports(), self._try_list()))

    def _try_exports(self) -> Finding:
        what = _("the folder of exports")
        try:
            exports = self._inbox.exports()
        except ConnectorError as error:
            return Finding(what, ok=False, sentence=error.sentence)
        problems = [export.problem for export in exports if export.problem]
        for line in (line for export in exports for line in export.lines):
            problems += [told for told in (line.received.problem, *line.warnings) if told]
        if problems:
            more = len(problems) - _SHOWN
            rest = [_("and {count} more").format(count=more)] if more > 0 else []
            return Finding(what, ok=False, sentence="; ".join([*problems[:_SHOWN], *rest]))
        count = sum(len(export.lines) for export in exports)
        sentence = _("{folder}: readable, {files} files, {count} messages")
        return Finding(
            what, ok=True, sentence=sentence.format(folder=self._folder_in, files=len(exports), count=count)
        )

    def _try_list(self) -> Finding:
        what = _("the folder of the list of replies")
        try:
            self._answers.try_folder()
            self._memory.accepted()
        except (ConnectorError, OSError) as error:
            return Finding(what, ok=False, sentence=str(error))
        return Finding(what, ok=True, sentence=_("can be written to"))

    def pages(self) -> Iterator[Page]:
        """Yield what the exports hold and nobody accepted, each message once: its latest export tells it.

        What was yielded is remembered when the caller asks for more, having stored it. Files with nothing
        left to do go to the folder `done`.
        """
        exports = self._inbox.exports()
        accepted = self._memory.accepted()
        waiting = self._waiting(exports, accepted)
        starts = range(0, max(len(waiting), 1), _PAGE)
        for number, start in enumerate(starts):
            lines = waiting[start : start + _PAGE]
            yield Page(tuple(line.received for line in lines), number, start + _PAGE >= len(waiting))
            self._memory.see((line.received.platform_id, line.round) for line in lines)
        held = {id(line) for line in waiting}
        latest = {line.received.platform_id for line in waiting}
        for export in exports:
            left = any(id(line) in held or line.received.platform_id in latest for line in export.lines)
            if not left and not export.problem:
                self._inbox.done(export)

    def _waiting(self, exports: list[Export], accepted: dict[str, int]) -> list[Understood]:
        latest: dict[str, Understood] = {}
        for line in (line for export in exports for line in export.lines):
            known = latest.get(line.received.platform_id)
            if known is None or line.received.appeal is not None or known.received.appeal is None:
                latest[line.received.platform_id] = (
                    line  # a line that can be read goes before one that cannot
                )
        return [line for line in latest.values() if self._wanted(line, accepted)]

    def _wanted(self, line: Understood, accepted: dict[str, int]) -> bool:
        foreign = self._organisations and same_key(line.organisation) not in self._organisations
        known = line.round <= accepted.get(line.received.platform_id, 0)
        return line.open and not known and not foreign

    def read(self, raw: str) -> Received:
        """Read a stored line again, as after a correction of the profile."""
        return self._reader.stored(raw)

    def download(self, attachment: Attachment) -> AbstractContextManager[Download]:
        """Raise UnsupportedError: an export holds no files, so no message of ours has any."""
        raise UnsupportedError(_("file {id}: the platform's export holds no files").format(id=attachment.id))

    def dictionary(self, kind: str) -> Iterator[Entry]:
        """Raise UnsupportedError: an export is no dictionary."""
        raise UnsupportedError(_("the platform's export has no dictionary {kind}").format(kind=kind))

    # ---- changing

    def accept(self, platform_id: str) -> None:
        """Remember that a message was taken. Harmless to repeat."""
        self._memory.accept(platform_id)

    def upload(self, file: StoredFile, body: BinaryIO) -> str:
        """Save a file beside the list of replies; a repeat finds it there."""
        return self._answers.save(file, body)

    def send(self, reply: Reply, file_ids: tuple[str, ...]) -> None:
        """Put a reply into the clerk's list. A repeat finds it there."""
        self._answers.add(reply, file_ids)

    def count_sent(self, reply: Reply, confirmed: Sequence[Reply] = ()) -> int | None:
        """Return how many rows of the list look like this reply."""
        return self._answers.count(reply, confirmed)
