"""Rates of pieces of work by the clock and by processor time, the server's and the children's included.

On a machine that others use too, wall time says how busy they are; processor time says what the work costs.
"""

import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path


def tree_seconds(root: int) -> float:
    """Return the processor time of a process, of its living children and of those it has waited for."""
    tick = os.sysconf("SC_CLK_TCK")
    total = 0.0
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                told = (entry / "stat").read_text(encoding="utf-8", errors="replace")
            except OSError:
                continue  # gone meanwhile: its parent has its time
            cells = told.rpartition(")")[2].split()
            if int(entry.name) == root:
                total += sum(map(int, cells[11:15])) / tick
            elif int(cells[1]) == root:
                total += sum(map(int, cells[11:13])) / tick
    return total


@dataclass
class Results:
    """Rates by name, rows per second, and rows per second of processor time."""

    server: int  # the process whose children do the server's work
    rates: dict[str, float] = field(default_factory=dict)
    cpu: dict[str, float] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def time(self, name: str, rows: int, work: Callable[[], object]) -> None:
        """Measure a piece of work."""
        start, spent = time.perf_counter(), self._spent()
        work()
        took, spent = time.perf_counter() - start, self._spent() - spent
        self.rates[name], self.cpu[name] = rows / took, rows / max(spent, 1e-9)
        told = f"  {name}: {self.rates[name]:,.0f} rows/s, {1e6 * spent / rows:.1f} µs of processor a row"
        print(told, file=sys.stderr)

    def _spent(self) -> float:
        own = os.times()
        return sum(own[:4]) + tree_seconds(self.server)
