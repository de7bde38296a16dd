"""The list of crash points is complete: nothing becomes durable without one, and none is only on paper."""

import ast
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import connector
from connector.crashpoints import POINTS, VARIABLE

HOME = Path(connector.__file__).parent
WATCHED = [*sorted((HOME / "relay").glob("*.py")), HOME / "sed" / "folder.py"]
# Calls after which something is durable: in the journal or its store, at a peer, in a folder.
DURABLE = {
    "receive", "record_events", "finish", "step", "put", "accept", "upload", "send", "register",
    "acknowledge", "mark", "rename",
}  # fmt: skip
# Bookkeeping that nothing hangs on, and the recovery paths of a handover (they end in `_show` again).
EXEMPT = {("relay/relay.py", "_met"), ("sed/folder.py", "done")}


def calls(node):
    """Yield the method calls of a node, those of nested functions left out."""
    for inner in ast.walk(node):
        if isinstance(inner, ast.Call) and isinstance(inner.func, ast.Attribute):
            yield inner.func.attr


def reached(node):
    return [
        inner.args[0].value
        for inner in ast.walk(node)
        if isinstance(inner, ast.Call) and isinstance(inner.func, ast.Name) and inner.func.id == "reach"
    ]


def functions():
    for path in WATCHED:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef):
                yield f"{path.parent.name}/{path.name}", node


def test_every_point_is_in_the_code_once():
    found = [name for path in HOME.rglob("*.py") for name in reached(ast.parse(path.read_text("utf-8")))]
    assert sorted(found) == sorted(POINTS)


@pytest.mark.parametrize(
    ("place", "function"), [pytest.param(p, f, id=f"{p}:{f.name}") for p, f in functions()]
)
def test_what_becomes_durable_is_followed_by_a_point(place, function):
    durable = [name for name in calls(function) if name in DURABLE]
    if (place, function.name) in EXEMPT or not durable:
        return
    assert len(reached(function)) >= len(durable), f"{place}:{function.name}: {durable} without a point"


@pytest.mark.parametrize("number", [1, 3])
def test_the_process_dies_at_the_planned_arrival(number):
    code = (
        "from connector.crashpoints import reach\n"
        "for n in range(1, 6):\n"
        "    reach('track.recorded'); print(n, flush=True); reach('reply.sent')\n"
    )
    process = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, VARIABLE: f"reply.sent:{number}"},
        capture_output=True,
        text=True,
        check=False,
        cwd=HOME.parent,
    )
    assert process.returncode == -signal.SIGKILL
    assert process.stdout.split() == [str(n) for n in range(1, number + 1)]


def test_the_process_freezes_at_the_planned_arrival_and_goes_on():
    code = "from connector.crashpoints import reach\n"
    code += "for n in range(3): reach('reply.sent'); print(n, flush=True)"
    with subprocess.Popen(
        [sys.executable, "-c", code],
        env={**os.environ, VARIABLE: "reply.sent:2:stop"},
        stdout=subprocess.PIPE,
        cwd=HOME.parent,
    ) as process:
        _pid, status = os.waitpid(process.pid, os.WUNTRACED)
        assert os.WIFSTOPPED(status)
        process.send_signal(signal.SIGCONT)
        assert process.communicate()[0].split() == [b"0", b"1", b"2"]
