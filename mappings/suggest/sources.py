"""Where suggestions take the classifier and the checked rows from: files, or the store of the crosswalk."""

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from config.i18n import _
from mappings.classifier import Classifier, read_classifier
from mappings.coverage import work_list
from mappings.crosswalk import Crosswalk
from mappings.errors import StoreError
from mappings.findings import Place
from mappings.model import Direction, Relation, Rule
from mappings.suggest.asking import Asked
from mappings.suggest.learned import Example
from mappings.suggest.rows import Row

if TYPE_CHECKING:
    import sqlalchemy as sa


class Sources(NamedTuple):
    """A classifier, what people checked, and the categories that still have no code."""

    classifier: Classifier
    learned: tuple[Example, ...]
    waiting: tuple[Row, ...]


def from_file(path: Path) -> Sources:
    """Read a classifier from a file; nothing was checked, nothing waits. Raises FileError."""
    return Sources(read_classifier(path), (), ())


def from_store(engine: "sa.Engine") -> Sources:
    """Read the editions and the version in force. Raises StoreError when no classifier was imported."""
    from mappings import service

    with engine.connect() as connection:
        known = service.references(connection)
        crosswalk = service.crosswalk(connection)
        messages = service.frequent(connection, None)
    if not len(known.classifier):
        raise StoreError(
            _("no classifier was imported: run `mapping classifier FILE`, or name a --classifier")
        )
    waiting = [
        Row(asked(item.path), "", Place())
        for item in work_list(crosswalk, known.categories, messages)
        if item.why == "unmapped"
    ]
    return Sources(known.classifier, examples(crosswalk), tuple(waiting))


def examples(crosswalk: Crosswalk) -> tuple[Example, ...]:
    """Return the rows of a version that teach: checked, incoming, with a code that fits and no condition."""
    return tuple(Example(asked(rule.path), rule.code) for rule in _teaching(crosswalk.content.rules))


def _teaching(rules: Iterable[Rule]) -> Iterable[Rule]:
    """Return the rules that say what a category means; a condition says what a special message does."""
    return (
        rule
        for rule in rules
        if rule.acts
        and rule.direction is Direction.INCOMING
        and rule.code
        and rule.path
        and rule.relation is not Relation.NONE
        and not rule.words
    )


def asked(path: tuple[str, ...]) -> Asked:
    """Return a path of names as a question."""
    return Asked(*(*path, "", "", "")[:3])
