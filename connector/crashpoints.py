"""Named moments right after something became durable, here or at a peer: where a sudden death hurts most.

`SEDLINK_CRASH_AT=reply.sent:3` kills the process (SIGKILL, nothing is tidied up) when it comes to the point
`reply.sent` for the third time; `reply.sent:3:stop` freezes it there until SIGCONT.
Without the variable a point costs one comparison. `benchmarks/chaos.py`
plans deaths at every one of them; a test holds this list against the code.
"""

import os
import signal

POINTS = {
    "intake.stored": "a page of the list is in the journal, nothing of it is marked on the platform",
    "intake.marked-again": "a message that was listed again is marked on the platform again",
    "fetch.file-stored": "a file of a message is in the store, the journal does not name it yet",
    "accept.marked": "the message is marked on the platform, the journal does not know it yet",
    "register.handed-over": "the SED has the message, the journal does not know it yet",
    "handover.marked": "a folder handover is on record, the peer cannot see it yet",
    "handover.shown": "the peer can see the folder, the step that did it has not returned",
    "reply.file-stored": "a file of an answer is in the store, the platform does not have it yet",
    "reply.file-uploaded": "the platform has the file, the journal does not know its id yet",
    "reply.upload-noted": "the journal knows the file's id, the answer that names it is not sent",
    "reply.sent": "the platform has the reply, the journal does not know it yet",
    "work.finished": "the outcomes of a batch are in the journal",
    "track.recorded": "the SED's events, their replies and the new cursor are in the journal",
    "track.acknowledged": "the SED was told that its events were taken",
}
VARIABLE = "SEDLINK_CRASH_AT"

_armed, _number, _how = (*os.environ.get(VARIABLE, "").split(":"), "", "")[:3]
_left = int(_number) if _number.isdecimal() else 1


def reach(point: str) -> None:
    """Say that a point was reached; the process ends here when the run planned it so."""
    if point == _armed:
        _count_down()


def _count_down() -> None:
    global _left  # noqa: PLW0603 - a process dies once
    _left -= 1
    if _left == 0:
        os.kill(os.getpid(), signal.SIGSTOP if _how == "stop" else signal.SIGKILL)
