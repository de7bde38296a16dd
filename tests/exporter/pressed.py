"""Presses Ctrl-C at chosen instants of work: at its n-th call of a function."""

import faulthandler
import os
import signal
import sys
import traceback
import warnings

import typer

from config.interrupt import INTERRUPTED, stoppable

_OURS = ("/exporter/", "/connector/", "/mappings/", "/config/", "/sqlalchemy/", "/psycopg/")

_HANGS = 90  # seconds after which a process that does not stop is taken for hanging


class Press:
    """Counts the calls; at the chosen one SIGINT comes, once or twice. `at` None: it only counts."""

    def __init__(self, at=None, times=1):
        self.at, self.times, self.calls = at, times, 0

    def __enter__(self):
        sys.setprofile(self._called)
        return self

    def __exit__(self, *_error):
        sys.setprofile(None)

    def _called(self, frame, event, _what):
        name = frame.f_code.co_filename
        if event not in ("call", "c_call") or "/tests/" in name or not any(room in name for room in _OURS):
            return
        self.calls += 1
        if self.calls == self.at:
            sys.setprofile(None)
            for _time in range(self.times):
                signal.raise_signal(signal.SIGINT)


def calls_of(work):
    """Return how many calls the work has from beginning to end."""
    with stoppable(), Press() as press:
        work()
    return press.calls


def stopped_at(instant, times, work):
    """Do the work in a process of its own until Ctrl-C comes at the instant; it must leave with 130."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # fork beside the threads of an engine
        child = os.fork()
    if child == 0:
        code = 1
        faulthandler.dump_traceback_later(_HANGS, exit=True, file=sys.__stderr__)
        try:
            with stoppable(), Press(instant, times):
                work()
        except typer.Exit as left:
            code = left.exit_code
        except BaseException:  # noqa: BLE001 - the parent asks why
            traceback.print_exc()
        os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == INTERRUPTED
