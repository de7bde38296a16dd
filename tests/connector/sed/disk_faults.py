"""A disk that stops the process after its N-th change and tells what changed: the system's faults."""

import os
import pathlib
import tempfile
from contextlib import contextmanager

import pytest


def quick_folder():
    """Return a temporary folder in memory where the system has such a place: properties try many times."""
    memory = pathlib.Path("/dev/shm")
    return tempfile.TemporaryDirectory(dir=memory if os.access(memory, os.W_OK) else None)


class Crash(BaseException):
    """The power went off: nothing may catch it."""


class Disk:
    """Counts changes of the file system; `after` is called with each one's number, name and path."""

    def __init__(self, after):
        self._after = after
        self._busy = False
        self.steps = 0

    def did(self, name, path):
        if self._busy:  # the other side acts in between: its changes are not ours
            return
        self.steps += 1
        self._busy = True
        try:
            self._after(self.steps, name, str(path))
        finally:
            self._busy = False

    @contextmanager
    def watched(self):
        with pytest.MonkeyPatch.context() as patch:
            for name in ("mkdir", "rename", "replace", "unlink", "rmdir"):
                patch.setattr(os, name, self._wrapped(name, getattr(os, name)))
            patch.setattr(os, "fsync", self._wrapped_fsync(os.fsync))
            patch.setattr(pathlib.Path, "open", self._wrapped_open(pathlib.Path.open))
            yield self

    def _wrapped(self, name, real):
        def call(path, *args, **options):
            result = real(path, *args, **options)
            self.did(name, path)
            return result

        return call

    def _wrapped_fsync(self, real):
        def call(handle):
            path = pathlib.Path(f"/proc/self/fd/{handle}").readlink()
            real(handle)
            self.did("fsync", path)

        return call

    def _wrapped_open(self, real):
        def call(path, mode="r", *args, **options):
            opened = real(path, mode, *args, **options)
            if "w" in mode:
                try:
                    self.did("open", path)
                except Crash:
                    opened.close()
                    raise
            return opened

        return call


def crash_at(step):
    """Return a disk that dies after its `step`-th change."""

    def after(number, _name, _path):
        if number == step:
            raise Crash

    return Disk(after)
