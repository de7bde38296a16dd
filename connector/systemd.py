"""systemd's notification protocol (sd_notify(3)): ready, reloading, stopping, watchdog."""

import os
import socket


def notify(state: str) -> bool:
    """Send a state such as `READY=1`; returns False where no systemd listens."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address:
        return False
    if address.startswith("@"):  # an abstract socket
        address = "\0" + address[1:]
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as channel:
        channel.connect(address)
        channel.sendall(state.encode())
    return True


def watchdog_interval() -> float | None:
    """Return how often to send `WATCHDOG=1` in seconds: half of what systemd allows; None = not asked."""
    microseconds = os.environ.get("WATCHDOG_USEC", "")
    return int(microseconds) / 2_000_000 if microseconds.isdecimal() else None
