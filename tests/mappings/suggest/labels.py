"""Our own labels: right question numbers for categories, in two lists.

`labels.csv` is for names of ../shared/data/platform/categories.csv: it holds no names, only a key of them,
the half (dev: weights and dictionary may be tuned on it; test: only measured) and the numbers, best first.
`own_wording.csv` holds names of our own, in citizens' words; nothing is tuned on it.
Labelled by hand by one person against the edition of 31.10.2025, before anything was tuned.
"""

import csv
import hashlib
from dataclasses import dataclass
from pathlib import Path

from mappings.classifier import Classifier
from mappings.suggest import Asked
from mappings.suggest.engine import Suggester
from mappings.words import same_key

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Label:
    """A category, its list, the right codes, and the themes an administrator would have limited it to."""

    asked: Asked
    part: str
    codes: frozenset[str]
    themes: frozenset[str] = frozenset()


def key(category: str, subcategory: str) -> str:
    """Return the key of a category in labels.csv."""
    names = "\x1f".join((same_key(category), same_key(subcategory)))
    return hashlib.blake2b(names.encode(), digest_size=8).hexdigest()


def rows_of(path: Path) -> list[dict[str, str]]:
    """Return the rows of a CSV file by header."""
    with path.open(encoding="utf-8", newline="") as source:
        return list(csv.DictReader(source))


def read_labels(shared_data: Path, classifier: Classifier) -> list[Label]:
    """Return the labels of both lists, with the themes of the whole category as the limit."""
    known = {row["key"]: row for row in rows_of(HERE / "labels.csv")}
    labels: dict[str, Label] = {}
    for row in rows_of(shared_data / "platform" / "categories.csv"):
        found = known.get(key(row["category"], row["subcategory"]))
        if found:
            asked = Asked(row["category"], row["subcategory"])
            labels.setdefault(
                found["key"], Label(asked, found["half"], _codes(found["questions"], classifier))
            )
    own = [
        Label(Asked(row["category"], row["subcategory"]), "own", _codes(row["questions"], classifier))
        for row in rows_of(HERE / "own_wording.csv")
    ]
    return _limited([*labels.values(), *own])


def right(suggester: Suggester, labels: list[Label], *, among: int = 5, limited: bool = False) -> float:
    """Return the share of labels with a right code among the first candidates."""
    hits = sum(
        not label.codes.isdisjoint(
            one.code
            for one in suggester.suggest(label.asked, top=among, themes=label.themes if limited else ())
        )
        for label in labels
    )
    return hits / len(labels)


def _codes(numbers: str, classifier: Classifier) -> frozenset[str]:
    return frozenset(entry.code for number in numbers.split() for entry in classifier.by_question[number])


def _limited(labels: list[Label]) -> list[Label]:
    themes: dict[tuple[bool, str], set[str]] = {}
    for label in labels:
        upper = {code.rpartition(".")[0] for code in label.codes}
        themes.setdefault((label.part == "own", label.asked.category), set()).update(upper)
    return [
        Label(one.asked, one.part, one.codes, frozenset(themes[one.part == "own", one.asked.category]))
        for one in labels
    ]
