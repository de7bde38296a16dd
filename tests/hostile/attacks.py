"""The attacks that every reader of outside data must stand, and a cell of the table reader × attack."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

XML = ("entity-bomb", "external-entity")
ARCHIVE = ("zip-bomb", "zip-slip", "lying-sizes")
NAMES = ("absolute-name", "parent-name", "device-name", "long-name", "right-to-left-name")
HTTP = ("length-lies", "huge-headers", "broken-chunks", "charset-lies", "layered-compression", "no-end")
VALUES = ("invalid-date", "duplicate-keys", "formula", "huge-number")
TEXT = ("deep-nesting", "wrong-encoding", "nul-bytes", "right-to-left-text", "noise")
ATTACKS = (*XML, *ARCHIVE, *NAMES, "ten-gigabytes", *HTTP, *VALUES, *TEXT)


@dataclass(frozen=True)
class Cell:
    """What is given to the reader, and what it must say of it (a pattern of its report)."""

    make: Any
    says: str


@dataclass(frozen=True)
class Reader:
    """One way by which data of others come in.

    `run(folder, given)` drives it with the thing made for each attack, in a folder of its own, through its
    public way, and returns what was said of each; it fails itself where the good thing beside them did not
    go through. `lacks` names the attacks that this format has no place for, each with the reason.
    """

    name: str
    modules: tuple[str, ...]  # whose parsers are met on this way
    run: Callable[..., dict[str, str]]
    cells: dict[str, Cell]
    lacks: dict[str, str]

    def check(self, said: dict[str, str]) -> list[str]:
        """Return the cells that were not answered as they must be."""
        return [
            f"{self.name} × {attack}: «{said.get(attack, '')[:300]}» lacks /{cell.says}/"
            for attack, cell in self.cells.items()
            if not re.search(cell.says, said.get(attack, ""), re.DOTALL)
        ]


def lacking(**reasons: tuple[str, ...]) -> dict[str, str]:
    """Spell `reason_in_words=(attacks…)` as attack → reason."""
    return {attack: reason.replace("_", " ") for reason, attacks in reasons.items() for attack in attacks}
