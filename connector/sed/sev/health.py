"""Looks at the exchange folders, changing nothing."""

import os
import time

from connector.peer import Health
from connector.sed.folder_health import examine_folders
from connector.sed.sev.settings import SevSettings


def examine(settings: SevSettings, *, now: float | None = None) -> Health:
    """Return what was found; `now` in seconds since the epoch."""
    found = examine_folders(
        shared={"folder_out": settings.folder_out, "folder_in": settings.folder_in},
        ours={
            "folder_done": settings.done,
            "folder_broken": settings.broken,
            "folder_state": settings.folder_state,
        },
        theirs={},
        min_free=settings.min_free,
        too_old=settings.stale,
        now=time.time() if now is None else now,
        is_waiting=_is_waiting,
    )
    return Health(tuple(found))


def _is_waiting(entry: os.DirEntry[str]) -> bool:
    return entry.name.lower().endswith(".env") and not entry.name.startswith(".")
