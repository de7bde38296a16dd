"""Presses Ctrl-C at chosen instants of work done in this process: at the n-th call of a function in it."""

import signal
import sys

import pytest
import typer

from config.interrupt import INTERRUPTED, stoppable

_OURS = ("/exporter/", "/connector/", "/mappings/", "/config/", "/sqlalchemy/", "/psycopg/")


class Press:
    """Counts the calls; at the chosen one SIGINT comes, once or twice. `at` None: it only counts."""

    def __init__(self, at=None, times=1):
        self.at, self.times, self.calls, self.pressed = at, times, 0, False

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
            self.pressed = True
            sys.setprofile(None)
            for _time in range(self.times):
                signal.raise_signal(signal.SIGINT)


def calls_of(work):
    """Return how many calls the work has from beginning to end."""
    with stoppable(), Press() as press:
        work()
    return press.calls


def stopped_at(instant, times, work):
    """Do the work until Ctrl-C comes at the instant, so many times; it must leave with 130."""
    with pytest.raises(typer.Exit) as left, stoppable(), Press(instant, times) as press:
        work()
    assert press.pressed
    assert left.value.exit_code == INTERRUPTED
