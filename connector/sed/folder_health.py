"""Looks at exchange folders, changing nothing: there, writable, one file system, room, no stale mail."""

import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from config.i18n import _, ngettext
from connector.peer import Finding


def examine_folders(
    *,
    shared: Mapping[str, Path],
    ours: Mapping[str, Path],
    theirs: Mapping[str, Path | None],
    min_free: int,
    too_old: float,
    now: float,
    is_waiting: Callable[[os.DirEntry[str]], bool],
) -> Iterator[Finding]:
    """Yield what is found out about the folders of an exchange, by the names of their settings.

    `shared` must exist: `folder_out` and `folder_in`; `ours` may be made: `folder_done`, `folder_broken` (on
    the file system of `folder_in`) and `folder_state`; `theirs` need not be set. `min_free` in bytes,
    `too_old` and `now` in seconds.
    """
    for name, folder in {**shared, **ours}.items():
        yield usable(name, folder, must_exist=name in shared)
    for name, place in theirs.items():
        if place is not None:
            yield usable(name, place, must_exist=False)
    for name in ("folder_done", "folder_broken"):
        yield same_file_system(name, ours[name], shared["folder_in"])
    for name, folder in (("folder_out", shared["folder_out"]), ("folder_state", ours["folder_state"])):
        yield room(name, folder, min_free)
    for name, folder in shared.items():
        yield stale(name, folder, too_old, now, is_waiting)


def usable(name: str, folder: Path, *, must_exist: bool) -> Finding:
    """Whether a folder can be used; one that need not exist may be made."""
    if folder.is_dir():
        ok = os.access(folder, os.R_OK | os.W_OK | os.X_OK)
        sentence = _("{folder} is there and writable") if ok else _("no right to read and write in {folder}")
    elif folder.exists() or must_exist:
        ok, sentence = False, _("{folder} is not a folder: create or mount it")
    else:
        ok = os.access(nearest(folder), os.W_OK | os.X_OK)
        sentence = _("{folder} will be created") if ok else _("{folder} cannot be created: no right to write")
    return Finding(name, ok, sentence.format(folder=folder))


def same_file_system(name: str, folder: Path, folder_in: Path) -> Finding:
    """Whether messages can be moved between two folders by a rename."""
    same = nearest(folder).stat().st_dev == nearest(folder_in).stat().st_dev
    sentence = (
        _("{folder} lies on the file system of {other}")
        if same
        else _("{folder} lies on another file system than {other}: messages cannot be moved in one step")
    )
    return Finding(name, same, sentence.format(folder=folder, other=folder_in))


def room(name: str, folder: Path, least: int) -> Finding:
    """Whether the disk has `least` bytes left."""
    free = shutil.disk_usage(nearest(folder)).free
    sentence = _("{free} MB free on the disk of {folder}, at least {least} MB are wanted").format(
        free=free >> 20, folder=folder, least=least >> 20
    )
    return Finding(name, free >= least, sentence)


def stale(
    name: str, folder: Path, limit: float, now: float, is_waiting: Callable[[os.DirEntry[str]], bool]
) -> Finding:
    """Whether the oldest message that nobody took is not too old: the SED's fault, or ours."""
    try:
        with os.scandir(folder) as entries:
            times = [entry.stat().st_mtime for entry in entries if is_waiting(entry)]
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


def nearest(folder: Path) -> Path:
    """Return the folder, or the nearest one above it that exists."""
    return next(place for place in (folder, *folder.parents) if place.exists())
