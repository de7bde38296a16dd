"""Looks at the exchange folders, changing nothing: there, writable, one file system, room, no stale mail."""

import os
import time
from collections.abc import Iterator

from connector.peer import Finding, Health
from connector.sed.folder_health import room, same_file_system, stale, usable
from connector.sed.sev.settings import SevSettings


def examine(settings: SevSettings, *, now: float | None = None) -> Health:
    """Return what was found; `now` in seconds since the epoch."""
    moment = time.time() if now is None else now
    return Health(tuple(_findings(settings, moment)))


def _findings(settings: SevSettings, now: float) -> Iterator[Finding]:
    shared = {"folder_out": settings.folder_out, "folder_in": settings.folder_in}
    ours = {
        "folder_done": settings.done,
        "folder_broken": settings.broken,
        "folder_state": settings.folder_state,
    }
    for name, folder in {**shared, **ours}.items():
        yield usable(name, folder, must_exist=name in shared)
    for name in ("folder_done", "folder_broken"):
        yield same_file_system(name, ours[name], settings.folder_in)
    for name, folder in (("folder_out", settings.folder_out), ("folder_state", settings.folder_state)):
        yield room(name, folder, settings.min_free)
    for name, folder in shared.items():
        yield stale(name, folder, settings.stale, now, _is_waiting)


def _is_waiting(entry: os.DirEntry[str]) -> bool:
    return entry.name.lower().endswith(".env") and not entry.name.startswith(".")
