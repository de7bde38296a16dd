"""The crosswalk ready for lookups: immutable, pure, one dictionary access for a rule without conditions.

A message is answered at the deepest level of its category that has a rule in force (fact, subcategory,
category); among the rules of that level priority decides, then the narrower condition. What remains equal
and differs in its answer is a conflict: it is reported, never resolved.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from mappings.conditions import Point
from mappings.conflicts import Ranked, rank, strongest
from mappings.model import ANY_CODE, Content, Direction, Message, Policy, Relation, Rule, Unmapped
from mappings.statuses import DEFAULT_STATUSES, SSTU_CODES
from mappings.words import same_key, tokens_of

_CACHE_LIMIT = 20_000

PathKey = tuple[str, ...]


class Outcome(StrEnum):
    """What the crosswalk answers."""

    CODE = "code"  # incoming: register under `code`
    CATEGORY = "category"  # mart: upload under `path` / `id`
    EXCLUDED = "excluded"  # mart: «не выгружать»
    NO_MATCH = "no_match"  # a verified rule says that nothing corresponds; the policy for unmapped decides
    UNMAPPED = "unmapped"
    CONFLICT = "conflict"


@dataclass(frozen=True, slots=True)
class Decision:
    """An answer and why: the rules that gave it (several in a conflict) and the version they stand in."""

    outcome: Outcome
    version: int = 0
    code: str = ""
    path: tuple[str, ...] = ()
    id: str = ""
    rules: tuple[Rule, ...] = ()
    inherited: bool = False  # answered by a rule of an upper level

    @property
    def rows(self) -> tuple[int, ...]:
        """Row numbers of the deciding rules in the applied workbook's sheet of rules."""
        return tuple(rule.row for rule in self.rules)


class Routing(NamedTuple):
    """What the relay does with an incoming item: register under `code`, or (code "") hold or queue it."""

    code: str
    action: Unmapped | None  # None: a rule gave the code
    decision: Decision


class _Group(NamedTuple):
    """The rules in force at one level; `plain` is the answer when no date and no text has to be looked at."""

    rules: tuple[Ranked, ...]
    plain: Decision | None
    textual: bool
    inherited: bool
    point: Point


class Crosswalk:
    """One version of the crosswalk. Build once, share between threads, never changed."""

    def __init__(
        self, content: Content, version: int = 0, ids: Iterable[tuple[PathKey, str, str]] = ()
    ) -> None:
        """Index the rules in force.

        `ids`: (path, id, region) of the platform's live categories, so that a message that carries names
        only still meets a rule written for an id when that id is the only one of the path.
        """
        self.version = version
        self.content = content
        self._unmapped = Decision(Outcome.UNMAPPED, version)
        self._by_path: dict[PathKey, list[Rule]] = {}
        self._by_id: dict[tuple[int, str], list[Rule]] = {}
        self._by_code: dict[str, list[Rule]] = {}
        self._ids = _index_ids(ids)
        for rule in content.rules:
            if rule.acts and rule.answered:
                self._add(rule)
        self._chains: dict[tuple[object, ...], tuple[_Group, ...]] = {}
        self._policies = {same_key(policy.cabinet): policy for policy in content.policies}
        pairs = content.statuses or DEFAULT_STATUSES
        self._statuses = {same_key(pair.sstu): pair.pos for pair in pairs}

    def _add(self, rule: Rule) -> None:
        if rule.direction is Direction.MART:
            self._by_code.setdefault(rule.code, []).append(rule)
            return
        self._by_path.setdefault(tuple(map(same_key, rule.path)), []).append(rule)
        if rule.id:
            self._by_id.setdefault((len(rule.path), rule.id), []).append(rule)

    def incoming(self, message: Message) -> Decision:
        """Return the code for a message's category, or why there is none."""
        key = (message.names, message.ids, message.cabinet, message.kind, message.region)
        chain = self._chains.get(key)
        return self._answer(chain if chain is not None else self._category_chain(key, message), message)

    def mart(self, code: str, message: Message = Message()) -> Decision:  # noqa: B008 - an immutable value
        """Return the category under which a question's code goes into the mart, or why it does not go."""
        key = (code, message.cabinet, message.kind, message.region)
        chain = self._chains.get(key)
        return self._answer(chain if chain is not None else self._code_chain(key, code, message), message)

    def _answer(self, chain: tuple[_Group, ...], message: Message) -> Decision:
        for group in chain:
            decision = group.plain or self._conditional(group, message)
            if decision is not None:
                return decision
        return self._unmapped

    def policy(self, cabinet: str) -> Policy:
        """Return what the cabinet does with unmapped items; without a word about it they wait."""
        return self._policies.get(same_key(cabinet)) or self._policies.get("") or Policy(cabinet)

    def route(self, message: Message) -> Routing:
        """Return what to do with an incoming item, the policy for unmapped included.

        A conflict is never answered by the default code: it waits, or goes to people.
        """
        decision = self.incoming(message)
        if decision.outcome is Outcome.CODE:
            return Routing(decision.code, None, decision)
        policy = self.policy(message.cabinet)
        if policy.action is Unmapped.DEFAULT and decision.outcome is not Outcome.CONFLICT:
            return Routing(policy.code, Unmapped.DEFAULT, decision)
        manual = policy.action is Unmapped.MANUAL
        return Routing("", Unmapped.MANUAL if manual else Unmapped.HOLD, decision)

    def status(self, sstu: str) -> str | None:
        """Return the «Статус ПОС» of a ССТУ status (words or code); "" = not uploaded, None = unknown."""
        return self._statuses.get(same_key(SSTU_CODES.get(sstu, sstu)))

    def _category_chain(self, key: tuple[object, ...], message: Message) -> tuple[_Group, ...]:
        """Collect what may answer a category, the deepest level first."""
        ids = message.ids
        path = tuple(map(same_key, filter(None, message.names)))
        deepest = max(len(path), len(tuple(filter(None, ids))))
        levels = []
        for depth in range(deepest, 0, -1):
            above = path[:depth] if len(path) >= depth else ()
            item_id = (ids[depth - 1] if len(ids) >= depth else "") or self._only_id(above, message.region)
            levels.append((self._rules_at(above, item_id, depth), item_id, depth < deepest))
        return self._remember(key, levels, message)

    def _code_chain(self, key: tuple[object, ...], code: str, message: Message) -> tuple[_Group, ...]:
        """Collect what may answer a code: its own rules, those of its upper levels, those for any code."""
        segments = code.split(".")
        steps = [".".join(segments[:n]) for n in range(len(segments), 0, -1)]
        levels = [(self._by_code.get(step, []), "", step != code) for step in (*steps, ANY_CODE)]
        return self._remember(key, levels, message)

    def _remember(
        self, key: tuple[object, ...], levels: list[tuple[list[Rule], str, bool]], message: Message
    ) -> tuple[_Group, ...]:
        """Keep of each level the rules that hold for this cabinet, kind and region; remember the result."""
        cabinet, region = same_key(message.cabinet), same_key(message.region)
        chain = []
        for rules, item_id, inherited in levels:
            point = Point(item_id, cabinet, message.kind, region)
            ranked = tuple(r for r in rank(rules) if r.guard.admits(point))
            if ranked:
                looks = any(r.guard.varies for r in ranked)
                plain = None if looks else self._decide(ranked, inherited=inherited)
                textual = any(r.guard.words for r in ranked)
                chain.append(_Group(ranked, plain, textual, inherited, point))
        if len(self._chains) >= _CACHE_LIMIT:
            self._chains.clear()
        self._chains[key] = found = tuple(chain)
        return found

    def _rules_at(self, path: PathKey, item_id: str, depth: int) -> list[Rule]:
        """Return the rules for a path, and for an id even where the platform has renamed its category."""
        named = [rule for rule in self._by_path.get(path, ()) if not rule.id or rule.id == item_id]
        renamed = self._by_id.get((depth, item_id), ()) if item_id else ()
        return named + [rule for rule in renamed if tuple(map(same_key, rule.path)) != path]

    def _only_id(self, path: PathKey, region: str) -> str:
        known = self._ids.get(path, {})
        ids = known.get(same_key(region)) or frozenset[str]().union(*known.values())
        return next(iter(ids)) if len(ids) == 1 else ""

    def _conditional(self, group: _Group, message: Message) -> Decision | None:
        tokens = tokens_of(message.text) if group.textual else frozenset[str]()
        point = group.point._replace(date=message.date, tokens=tokens)
        holding = [ranked for ranked in group.rules if ranked.guard.holds(point)]
        return self._decide(holding, inherited=group.inherited) if holding else None

    def _decide(self, holding: Sequence[Ranked], *, inherited: bool) -> Decision:
        best = tuple(ranked.rule for ranked in strongest(holding))
        first = best[0]
        if any(rule.outcome != first.outcome for rule in best):
            return Decision(Outcome.CONFLICT, self.version, rules=best, inherited=inherited)
        return Decision(_outcome(first), self.version, first.code, first.path, first.id, best, inherited)


def _outcome(rule: Rule) -> Outcome:
    if rule.excluded:
        return Outcome.EXCLUDED
    if rule.relation is Relation.NONE:
        return Outcome.NO_MATCH
    return Outcome.CODE if rule.direction is Direction.INCOMING else Outcome.CATEGORY


def _index_ids(ids: Iterable[tuple[PathKey, str, str]]) -> dict[PathKey, dict[str, frozenset[str]]]:
    index: dict[PathKey, dict[str, frozenset[str]]] = {}
    for path, item_id, region in ids:
        by_region = index.setdefault(tuple(map(same_key, path)), {})
        by_region[same_key(region)] = by_region.get(same_key(region), frozenset()) | {item_id}
    return index
