"""Ctrl-C: what is in hand is finished, then the command stops in a state from which it goes on.

Python's own handler raises wherever the program happens to be: inside a driver's commit, or where nobody
hears it. Here the first Ctrl-C only asks, and work looks for it between two items (`stop_if_asked`); the
second one cuts.
"""

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

import typer

from config.console import show_error
from config.i18n import _

INTERRUPTED = 130
_SLICE = 0.2  # seconds of a wait after which it is looked whether to go on waiting


class _Asked:
    """How often Ctrl-C was pressed since the command began."""

    times = 0


def stop_if_asked() -> None:
    """Raise KeyboardInterrupt between two items of work when the user wants an end."""
    if _Asked.times:
        raise KeyboardInterrupt


def pause(seconds: float) -> None:
    """Sleep as time.sleep does, but not on when the user wants an end."""
    left = threading.Event()  # nobody sets it: a wait that a signal does not prolong
    while seconds > 0:
        stop_if_asked()
        left.wait(min(seconds, _SLICE))
        seconds -= _SLICE
    stop_if_asked()


@contextmanager
def stoppable() -> Iterator[None]:
    """Let the block stop between two items. Whatever Ctrl-C led to, the exit code is 130.

    Where SIGINT is not Python's own business (another handler, another thread, `nohup`) nothing is changed.
    """
    if (
        threading.current_thread() is not threading.main_thread()
        or signal.getsignal(signal.SIGINT) is not signal.default_int_handler
    ):
        yield
        return
    _Asked.times = 0
    signal.signal(
        signal.SIGINT, _handler(_("stopping after what is in hand; Ctrl-C once more stops at once"))
    )
    try:
        yield
    except KeyboardInterrupt as error:
        raise _left() from error
    except typer.Exit as error:
        if _Asked.times:
            raise _left() from error
        raise
    except Exception as error:
        if _Asked.times > 1:  # cut in the middle: whatever that made of it
            raise _left() from error
        raise
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        asked, _Asked.times = _Asked.times, 0
    if asked:
        raise _left()


def _left() -> typer.Exit:
    show_error(_("interrupted; nothing is half done: the same command goes on"))
    return typer.Exit(INTERRUPTED)


def _handler(sentence: str) -> Callable[[int, FrameType | None], None]:
    told = f"\n{sentence}\n".encode()

    def pressed(_number: int, _frame: FrameType | None) -> None:
        _Asked.times += 1
        if _Asked.times > 1:
            raise KeyboardInterrupt
        os.write(2, told)  # not print: it may be what was interrupted

    return pressed
