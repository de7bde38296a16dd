"""What the developers need to know of an installation, in one file to send: nothing secret, nobody's data.

Counts and states instead of messages; settings as `config show` prints them; lines of a log that the caller
gives. Everything passes the same mask as the log before it is written.
"""

import json
import platform
import sys
import zipfile
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, requires, version
from io import BytesIO
from pathlib import Path
from typing import TextIO

from pydantic import BaseModel

from config.i18n import _
from config.secret import Secret, SecretUnavailableError, resolve
from config.settings import Settings
from connector.journal.journal import Journal
from connector.masking import mask, protect

_REFERENCES = ("env:", "file:", "keyring:")
_LONGEST_LINE = 4000  # characters of a log's line


def bundle(path: Path, parts: Mapping[str, str], now: datetime) -> list[tuple[str, int]]:
    """Write the parts, masked, into a new zip that only its owner reads; return their names and sizes, bytes.

    JSON is masked value by value, when it is made: it stays JSON. Raises FileExistsError, OSError.
    """
    written = []
    with BytesIO() as memory:
        with zipfile.ZipFile(memory, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, text in parts.items():
                content = (text if name.endswith(".json") else mask(text)).encode("utf-8", "replace")
                entry = zipfile.ZipInfo(name, now.timetuple()[:6])
                entry.compress_type = zipfile.ZIP_DEFLATED
                archive.writestr(entry, content)
                written.append((name, len(content)))
        path.touch(mode=0o600, exist_ok=False)
        path.write_bytes(memory.getvalue())
    return written


def about_us(now: datetime) -> str:
    """Return versions: ours, Python's, the system's, of every package we asked for."""
    return _shown(
        {
            "made": now.astimezone(UTC).isoformat(timespec="seconds"),
            "sedlink": version("sedlink"),
            "python": sys.version,
            "system": platform.platform(),
            "packages": dict(_packages()),
        }
    )


def about_settings(settings: Settings) -> str:
    """Return the settings as `config show` has them; their secrets are masked from now on."""
    protect(*secrets_of(settings))
    return _shown(settings.model_dump(mode="json"))


def about_journal(journal: Journal, revision: str) -> str:
    """Return the schema's revision, counts, queues, channels and why things are parked: no message."""
    parked: dict[str, int] = {}
    for letter in journal.dead():
        where = f"{letter.opa_id} {letter.stage} {letter.error_code}"
        parked[where] = parked.get(where, 0) + 1
    return _shown(
        {
            "revision": revision,
            "counts": asdict(journal.counts()),
            "queues": [asdict(depth) for depth in journal.depths()],
            "channels": [asdict(channel) for channel in journal.channels()],
            "parked": parked,
        }
    )


def last_lines(stream: TextIO, count: int) -> str:
    """Return the last lines of a log, each bounded; reads it through without keeping it."""
    kept = deque((line.rstrip("\n")[:_LONGEST_LINE] for line in stream), maxlen=count)
    return "\n".join(kept) + "\n"


def read_me(parts: Iterable[str]) -> str:
    """Return what the file is, for whoever opens it."""
    text = _(
        "What sedlink's developers need to know of this installation. Secrets and what looks like personal "
        "data are shown as ****. Look through it before you send it.\n\nIn it: {names}"
    )
    return text.format(names=", ".join(parts)) + "\n"


def secrets_of(value: object) -> Iterator[Secret]:
    """Yield every secret of the settings, also those that only an adapter's section refers to."""
    if isinstance(value, Secret):
        yield value
    elif isinstance(value, BaseModel):
        for inner in (*value.__dict__.values(), *(value.model_extra or {}).values()):
            yield from secrets_of(inner)
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from secrets_of(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from secrets_of(inner)
    elif isinstance(value, str) and value.startswith(_REFERENCES):
        try:
            yield resolve(value)
        except SecretUnavailableError:
            return  # what cannot be read cannot be shown


def _packages() -> Iterator[tuple[str, str]]:
    import re

    for line in requires("sedlink") or []:
        name = re.split(r"[^\w.-]", line, maxsplit=1)[0]
        try:
            yield name, version(name)
        except PackageNotFoundError:
            yield name, "—"


def _shown(value: object) -> str:
    plain = json.loads(json.dumps(value, default=str))
    return json.dumps(_masked(plain), ensure_ascii=False, indent=1) + "\n"


def _masked(value: object) -> object:
    if isinstance(value, dict):
        return {mask(name): _masked(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_masked(inner) for inner in value]
    return mask(value) if isinstance(value, str) else value
