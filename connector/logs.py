"""Logging of the whole process: one handler to standard error, nothing secret or personal through it.

Lines are plain (with systemd's priority marks when its journal listens) or JSON. Every record is masked
before any handler of ours formats it: message, arguments, traceback, extra fields.
"""

import json
import logging
import os
import sys
import threading
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Literal, Protocol, TextIO

from connector.masking import mask

_QUIET = ("httpx", "httpcore", "sqlalchemy", "alembic", "urllib3", "asyncio", "zeep", "aiosmtpd", "mail.log")
_STANDARD = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "taskName"}
_PRIORITY = {logging.CRITICAL: 2, logging.ERROR: 3, logging.WARNING: 4, logging.INFO: 6, logging.DEBUG: 7}


class LogChoice(Protocol):
    """What the configuration says about logs."""

    @property
    def level(self) -> str:
        """One of debug, info, warning, error."""
        ...

    @property
    def format(self) -> Literal["text", "json"]:
        """How a record is written."""
        ...


class MaskingFilter(logging.Filter):
    """Rewrites a record so that no formatter can show a secret or personal data."""

    _exceptions = logging.Formatter()

    def filter(self, record: logging.LogRecord) -> bool:
        """Mask the record in place; never drops one."""
        record.msg, record.args = mask(_message(record)), None
        if record.exc_info and not record.exc_text:
            record.exc_text = self._exceptions.formatException(record.exc_info)
        record.exc_info = None  # its text is kept; the object would let another formatter show it raw
        if record.exc_text:
            record.exc_text = mask(record.exc_text)
        if record.stack_info:
            record.stack_info = mask(record.stack_info)
        for name, value in record.__dict__.items():
            if name not in _STANDARD and value is not None and not isinstance(value, bool | int | float):
                record.__dict__[name] = mask(str(value))
        return True


def _message(record: logging.LogRecord) -> str:
    try:
        return record.getMessage()
    except Exception as error:  # noqa: BLE001 - logging itself would print the arguments unmasked
        return f"{record.msg!s} (arguments do not fit the message: {type(error).__name__})"


class PlainFormatter(logging.Formatter):
    """`time LEVEL logger: message`; under systemd's journal the priority mark instead of the time."""

    def __init__(self, *, journal: bool = False) -> None:
        super().__init__()
        self._journal = journal

    def format(self, record: logging.LogRecord) -> str:
        """Return the record, one line and then its traceback."""
        text = f"{record.levelname} {record.name}: {_one_line(record.getMessage())}{_extras(record)}"
        whole = "\n".join(part for part in (text, record.exc_text, record.stack_info) if part)
        if not self._journal:
            return f"{_time(record)} {whole}"
        mark = f"<{_PRIORITY.get(record.levelno, 6)}>"
        return "\n".join(mark + line for line in whole.splitlines())


class JsonFormatter(logging.Formatter):
    """One JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as JSON."""
        entry = {
            "at": _time(record),
            "level": record.levelname.lower(),
            "logger": record.name,
            "thread": record.threadName,
            "message": record.getMessage(),
            "exception": record.exc_text,
            "stack": record.stack_info,
            **_own(record),
        }
        told = {name: value for name, value in entry.items() if value is not None}
        return json.dumps(told, ensure_ascii=False, default=str)


def _one_line(text: str) -> str:
    """Escape what could forge a second line or move the cursor."""
    return "".join(char if char.isprintable() else repr(char)[1:-1] for char in text)


def _own(record: logging.LogRecord) -> dict[str, Any]:
    return {name: value for name, value in record.__dict__.items() if name not in _STANDARD}


def _extras(record: logging.LogRecord) -> str:
    return "".join(f" {name}={_one_line(str(value))}" for name, value in _own(record).items())


def _time(record: logging.LogRecord) -> str:
    moment = datetime.fromtimestamp(record.created, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def set_up(choice: LogChoice, *, stream: TextIO | None = None) -> None:
    """Send every log of the process through one masking handler; libraries speak from warnings on."""
    target = stream or sys.stderr
    handler = logging.StreamHandler(target)
    handler.addFilter(MaskingFilter())
    as_json = choice.format == "json"
    handler.setFormatter(JsonFormatter() if as_json else PlainFormatter(journal=_journal_listens(target)))
    root = logging.getLogger()
    for old in tuple(root.handlers):
        root.removeHandler(old)
    root.addHandler(handler)
    root.setLevel(choice.level.upper())
    for name in _QUIET:
        logging.getLogger(name).setLevel(max(logging.WARNING, root.level))
    logging.captureWarnings(True)
    _log_what_nobody_caught()


def _journal_listens(stream: TextIO) -> bool:
    """Whether systemd's journal is at the other end: JOURNAL_STREAM names its device and inode."""
    try:
        status = os.fstat(stream.fileno())
    except (OSError, ValueError, AttributeError):
        return False
    return os.environ.get("JOURNAL_STREAM") == f"{status.st_dev}:{status.st_ino}"


def _log_what_nobody_caught() -> None:
    """Python prints an uncaught exception unmasked; it goes through the log instead."""
    log = logging.getLogger("sedlink")

    def uncaught(kind: type[BaseException], error: BaseException, traceback: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):
            sys.__excepthook__(kind, error, traceback)
            return
        log.critical("unexpected failure", exc_info=(kind, error, traceback))

    def uncaught_in_thread(told: threading.ExceptHookArgs) -> None:
        if told.exc_type is SystemExit or told.exc_value is None:
            return
        name = told.thread.name if told.thread else "?"
        log.critical("thread %s died", name, exc_info=(told.exc_type, told.exc_value, told.exc_traceback))

    sys.excepthook = uncaught
    threading.excepthook = uncaught_in_thread
