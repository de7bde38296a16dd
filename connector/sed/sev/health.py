"""Looks at the exchange folders, changing nothing: there, writable, one file system, room, no stale mail."""

import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

from config.i18n import _, ngettext
from connector.peer import Finding, Health
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
        yield _usable(name, folder, must_exist=name in shared)
    for name in ("folder_done", "folder_broken"):
        yield _same_file_system(name, ours[name], settings.folder_in)
    for name, folder in (("folder_out", settings.folder_out), ("folder_state", settings.folder_state)):
        yield _room(name, folder, settings.min_free)
    for name, folder in shared.items():
        yield _stale(name, folder, settings.stale, now)


def _usable(name: str, folder: Path, *, must_exist: bool) -> Finding:
    if folder.is_dir():
        ok = os.access(folder, os.R_OK | os.W_OK | os.X_OK)
        sentence = _("{folder} is there and writable") if ok else _("no right to read and write in {folder}")
    elif folder.exists() or must_exist:
        ok, sentence = False, _("{folder} is not a folder: create or mount it")
    else:
        ok = os.access(_nearest(folder), os.W_OK | os.X_OK)
        sentence = _("{folder} will be created") if ok else _("{folder} cannot be created: no right to write")
    return Finding(name, ok, sentence.format(folder=folder))


def _same_file_system(name: str, folder: Path, folder_in: Path) -> Finding:
    same = _nearest(folder).stat().st_dev == _nearest(folder_in).stat().st_dev
    sentence = (
        _("{folder} lies on the file system of {other}")
        if same
        else _("{folder} lies on another file system than {other}: messages cannot be moved in one step")
    )
    return Finding(name, same, sentence.format(folder=folder, other=folder_in))


def _room(name: str, folder: Path, least: int) -> Finding:
    free = shutil.disk_usage(_nearest(folder)).free
    sentence = _("{free} MB free on the disk of {folder}, at least {least} MB are wanted").format(
        free=free >> 20, folder=folder, least=least >> 20
    )
    return Finding(name, free >= least, sentence)


def _stale(name: str, folder: Path, limit: float, now: float) -> Finding:
    """The oldest envelope that nobody took: in the out-folder the SED's fault, in the in-folder ours."""
    try:
        with os.scandir(folder) as entries:
            times = [entry.stat().st_mtime for entry in entries if _is_waiting(entry.name)]
    except OSError as error:
        return Finding(
            name, False, _("{folder} cannot be listed: {error}").format(folder=folder, error=error.strerror)
        )
    if not times:
        return Finding(name, True, _("no message waits in {folder}").format(folder=folder))
    minutes = int(max(0.0, now - min(times)) // 60)
    sentence = ngettext(
        "{count} message waits in {folder}, for {minutes} min",
        "{count} messages wait in {folder}, the oldest for {minutes} min",
        len(times),
    )
    ok = now - min(times) < limit
    return Finding(name, ok, sentence.format(count=len(times), folder=folder, minutes=minutes))


def _is_waiting(name: str) -> bool:
    return name.lower().endswith(".env") and not name.startswith(".")


def _nearest(folder: Path) -> Path:
    """Return the folder, or the nearest one above it that exists."""
    return next(place for place in (folder, *folder.parents) if place.exists())
