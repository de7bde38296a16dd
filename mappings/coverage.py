"""How much the crosswalk answers: by categories of the platform, by real messages, by cabinet."""

from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

from mappings.categories import Categories
from mappings.crosswalk import Crosswalk, Decision, Outcome
from mappings.model import Message, Rule, Status
from mappings.words import SEPARATOR, same_key

SETTLED = (Outcome.CODE, Outcome.NO_MATCH)


class CategoryCoverage(NamedTuple):
    """One category and how it is answered; `times` counts the real messages in it."""

    path: tuple[str, ...]
    id: str
    region: str
    decision: Decision
    times: int

    @property
    def title(self) -> str:
        """Return the full path in one line."""
        return SEPARATOR.join(self.path)


class CabinetCoverage(NamedTuple):
    """Messages of one cabinet by the outcome of their category."""

    cabinet: str
    outcomes: Counter[Outcome]

    @property
    def total(self) -> int:
        """Return the number of messages."""
        return self.outcomes.total()

    @property
    def share(self) -> float:
        """Return the share of messages that a rule answers (1.0 where there are none)."""
        return sum(self.outcomes[o] for o in SETTLED) / self.total if self.total else 1.0


class Coverage(NamedTuple):
    """The whole picture."""

    categories: tuple[CategoryCoverage, ...]
    cabinets: tuple[CabinetCoverage, ...]
    by_category: Counter[Outcome]
    by_message: Counter[Outcome]

    @property
    def category_share(self) -> float:
        """Return the share of categories that a rule answers."""
        return _share(self.by_category)

    @property
    def message_share(self) -> float:
        """Return the share of real messages that a rule answers."""
        return _share(self.by_message)


def coverage(crosswalk: Crosswalk, categories: Categories, messages: Iterable[Message] = ()) -> Coverage:
    """Measure a crosswalk.

    Categories with others below them are left out: messages come for the lowest level. Messages may stand
    for many (`times`); one without text cannot meet a condition on words.
    """
    times: Counter[tuple[str, ...]] = Counter()
    cabinets: dict[str, Counter[Outcome]] = {}
    for message in messages:
        times[tuple(map(same_key, filter(None, message.names)))] += message.times
        outcome = crosswalk.incoming(message).outcome
        cabinets.setdefault(message.cabinet, Counter())[outcome] += message.times
    rows = tuple(
        CategoryCoverage(
            entry.path,
            entry.id,
            entry.region,
            crosswalk.incoming(_bare(entry.path, entry.id, entry.region)),
            times[entry.key],
        )
        for entry in categories
        if not entry.retired and entry.key not in categories.inner
    )
    return Coverage(
        rows,
        tuple(CabinetCoverage(name, outcomes) for name, outcomes in sorted(cabinets.items())),
        Counter(row.decision.outcome for row in rows),
        sum(cabinets.values(), Counter()),
    )


class WorkItem(NamedTuple):
    """One thing for a methodologist: why, which category, how many messages wait for it, which rows."""

    why: str  # unmapped, conflict, disputed, proposed
    path: tuple[str, ...]
    id: str
    times: int
    rows: tuple[int, ...]

    @property
    def title(self) -> str:
        """Return the full path in one line."""
        return SEPARATOR.join(self.path)


def work_list(
    crosswalk: Crosswalk, categories: Categories, messages: Iterable[Message] = ()
) -> list[WorkItem]:
    """Return what is unmapped, conflicting, disputed or waits for verification; the most frequent first."""
    messages = list(messages)
    picture = coverage(crosswalk, categories, messages)
    times = Counter[tuple[str, ...]]()
    items: dict[tuple[str, tuple[str, ...], str], WorkItem] = {}
    for message in messages:
        path = tuple(filter(None, message.names))
        times[tuple(map(same_key, path))] += message.times
        decision = crosswalk.incoming(message)
        if decision.outcome in {Outcome.UNMAPPED, Outcome.CONFLICT}:
            item_id = message.ids[-1] if len(message.ids) == len(message.names) else ""
            _add(items, decision, path, item_id)
    for row in picture.categories:
        if row.decision.outcome in {Outcome.UNMAPPED, Outcome.CONFLICT}:
            _add(items, row.decision, row.path, row.id)
    for rule in crosswalk.content.rules:
        if rule.status in {Status.DISPUTED, Status.PROPOSED} and rule.path:
            _add_rule(items, rule)
    counted = (item._replace(times=times[tuple(map(same_key, item.path))]) for item in items.values())
    return sorted(counted, key=lambda item: (-item.times, item.path))


def _add(
    items: dict[tuple[str, tuple[str, ...], str], WorkItem],
    decision: Decision,
    path: tuple[str, ...],
    item_id: str,
) -> None:
    key = (str(decision.outcome), tuple(map(same_key, path)), "")
    items.setdefault(key, WorkItem(str(decision.outcome), path, item_id, 0, decision.rows))


def _add_rule(items: dict[tuple[str, tuple[str, ...], str], WorkItem], rule: Rule) -> None:
    key = (str(rule.status), tuple(map(same_key, rule.path)), rule.id)
    known = items.get(key)
    rows = (*known.rows, rule.row) if known else (rule.row,)
    items[key] = WorkItem(str(rule.status), rule.path, rule.id, 0, rows)


def _bare(path: tuple[str, ...], item_id: str, region: str) -> Message:
    ids = (*[""] * (len(path) - 1), item_id) if item_id else ()
    return Message(path, ids, region=region)


def _share(outcomes: Counter[Outcome]) -> float:
    return sum(outcomes[o] for o in SETTLED) / outcomes.total() if outcomes.total() else 1.0
