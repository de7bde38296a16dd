"""Headless Chromium over the DevTools pipe (no socket, no library), with the network blocked."""

import json
import os
import shutil
import subprocess
import sys
import threading
from queue import Empty, Queue

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
_FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update", "--disable-dev-shm-usage",
    "--host-resolver-rules=MAP * ~NOTFOUND", "--remote-debugging-pipe", "about:blank",
)  # fmt: skip

_BECOME = """
import os, sys
to, back = (int(one) for one in sys.argv[1:3])
to, back = os.dup2(to, 20), os.dup2(back, 21)
os.dup2(to, 3), os.dup2(back, 4)
os.execv(sys.argv[3], sys.argv[3:])
"""  # the browser reads from descriptor 3 and writes to 4


def find():
    return next((path for name in NAMES if (path := shutil.which(name))), None)


class Browser:
    """One page of one browser. Use as a context manager."""

    def __init__(self, program, profile, *, width=1400, height=1000):
        self._to, theirs_in = os.pipe()
        self._from, theirs_out = os.pipe()
        command = [program, f"--user-data-dir={profile}", f"--window-size={width},{height}", *_FLAGS]
        self._process = subprocess.Popen(
            [sys.executable, "-c", _BECOME, str(self._to), str(theirs_out), *command],
            pass_fds=(self._to, theirs_out), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        os.close(self._to)
        os.close(theirs_out)
        self._to = theirs_in
        self._answers, self._number = Queue(), 0
        threading.Thread(target=self._read, daemon=True).start()
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self._session = None
        self._session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        self.events = []

    _session = None

    def call(self, method, **parameters):
        self._number += 1
        message = {"id": self._number, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._to, json.dumps(message).encode() + b"\0")
        while True:
            try:
                answer = self._answers.get(timeout=60)
            except Empty:
                raise AssertionError(f"the browser is silent after {method}") from None
            if answer.get("id") == self._number:
                assert "error" not in answer, answer
                return answer["result"]
            if self._session:
                self.events.append(answer)

    def open(self, path):
        self.call("Page.enable")
        self.call("Network.enable")
        self.call("Runtime.enable")
        self.call("Page.navigate", url=path.as_uri())
        there = f"document.readyState === 'complete' && location.href === {json.dumps(path.as_uri())}"
        for _ in range(200):
            if self.run(there):
                return
            threading.Event().wait(0.05)
        raise AssertionError("the page was not loaded")

    def run(self, script):
        told = self.call("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in told, told
        return told["result"].get("value")

    def click(self, selector):
        """Press the mouse where the element is, as a person would."""
        x, y = self.run(
            f"(() => {{const e = document.querySelector({json.dumps(selector)});"
            "e.scrollIntoView({block: 'center'});"
            "const b = e.getBoundingClientRect(); return [b.x + b.width / 2, b.y + b.height / 2]})()"
        )
        for kind in ("mousePressed", "mouseReleased"):
            self.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)

    def enter(self, element, value, event):
        self.run(
            f"(() => {{const e = document.getElementById('{element}'); e.value = '{value}';"
            f"e.dispatchEvent(new Event('{event}'))}})()"
        )

    def key(self, name):
        for kind in ("keyDown", "keyUp"):
            self.call("Input.dispatchKeyEvent", type=kind, key=name, code=name)

    def _read(self):
        left = b""
        while chunk := os.read(self._from, 65536):
            *whole, left = (left + chunk).split(b"\0")
            for one in whole:
                self._answers.put(json.loads(one))

    def __enter__(self):
        return self

    def __exit__(self, *_error):
        os.close(self._to)
        self._process.terminate()
        self._process.wait(timeout=30)
