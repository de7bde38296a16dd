"""Which state follows which, and what an event of the SED tells the platform. Pure.

States of one round of a message:

    received → filed → accepted ─┬→ pending → registered → in_work ─→ answered | refused | redirected
                                 └→ registered …                      (the three final ones)

A round that is final takes no more replies; what the SED says later is kept as a note. Rework opens a
new round. The table from events to statuses is data (`statuses.toml`), with an override per cabinet.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files

from connector.appeal import AnswerResult, Event, EventKind, ReplyKind


class State(StrEnum):
    """Where one round of a message stands."""

    RECEIVED = "received"  # raw JSON is durable
    FILED = "filed"  # its files are durable too
    ACCEPTED = "accepted"  # marked accepted on the platform
    PENDING = "pending"  # handed to the SED, which has not told the number yet
    REGISTERED = "registered"
    IN_WORK = "in_work"
    ANSWERED = "answered"
    REFUSED = "refused"
    REDIRECTED = "redirected"

    @property
    def final(self) -> bool:
        """Whether the round is over."""
        return self in _FINAL


_FINAL = frozenset({State.ANSWERED, State.REFUSED, State.REDIRECTED})

# What the SED's events make of a round; an event that is not here leaves the state as it is.
_AFTER_EVENT: Mapping[EventKind, State] = {
    EventKind.REGISTERED: State.REGISTERED,
    EventKind.REFUSED: State.REFUSED,
    EventKind.EXECUTOR_ASSIGNED: State.IN_WORK,
    EventKind.RESOLUTION: State.IN_WORK,
    EventKind.PROGRESS: State.IN_WORK,
    EventKind.EXTENDED: State.IN_WORK,
    EventKind.REDIRECTED: State.REDIRECTED,
    EventKind.ANSWER: State.ANSWERED,
}
_ORDER = tuple(State)


@dataclass(frozen=True, slots=True)
class Rule:
    """What an event says to the platform: the kind of reply and the platform's own words for it."""

    reply: ReplyKind
    status: str
    status_text: str
    text: str = ""  # template of the answer's text when the event brings none


@dataclass(frozen=True, slots=True)
class Verdict:
    """What an event does to a round: its next state, what to send, and why it is only a note."""

    state: State
    rule: Rule | None = None
    note: str = ""  # a stable code: after-final | not-commanded | no-rule; empty for an ordinary event


class StatusTable:
    """The table from the SED's events to the platform's statuses: the default, then a cabinet's own rows."""

    def __init__(self, rules: Mapping[str, Rule | None]) -> None:
        self._rules = dict(rules)

    def rule(self, event: Event) -> Rule | None:
        """Return the row for an event: `answer.solved` before `answer`. None = the platform is not told."""
        for name in (f"{event.kind}.{event.result or 'unknown'}", str(event.kind)):
            if name in self._rules:
                return self._rules[name]
        return None

    def overridden(self, rows: Mapping[str, Mapping[str, str]]) -> "StatusTable":
        """Return the table with some rows replaced. Raises ValueError that names a wrong row."""
        return StatusTable({**self._rules, **parse_rules(rows)})


def parse_rules(rows: Mapping[str, Mapping[str, str]]) -> dict[str, Rule | None]:
    """Read rows `event[.result] = {reply, status, status_text[, text]}`; `{reply = "none"}` keeps silent.

    Raises ValueError that names the row and what is wrong with it.
    """
    kinds = {str(kind) for kind in EventKind}
    results = {str(result) or "unknown" for result in AnswerResult}
    rules: dict[str, Rule | None] = {}
    for name, row in rows.items():
        kind, _dot, result = name.partition(".")
        if kind not in kinds or (result and result not in results):
            raise ValueError(f"statuses.{name}: no such event; events: {', '.join(sorted(kinds))}")
        rules[name] = _parse_rule(name, row)
    return rules


def _parse_rule(name: str, row: Mapping[str, str]) -> Rule | None:
    if row.get("reply") == "none":
        return None
    unknown = row.keys() - {"reply", "status", "status_text", "text"}
    if unknown:
        raise ValueError(f"statuses.{name}: unknown field {', '.join(sorted(unknown))}")
    try:
        reply = ReplyKind(row.get("reply", ""))
    except ValueError:
        allowed = ", ".join([*ReplyKind, "none"])
        raise ValueError(f"statuses.{name}.reply: use one of {allowed}") from None
    for field in ("status", "status_text"):
        if not row.get(field):
            raise ValueError(f"statuses.{name}.{field}: must not be empty")
    return Rule(reply, row["status"], row["status_text"], row.get("text", ""))


@cache
def default_table() -> StatusTable:
    """Return the table that ships with sedlink (platform.md sections 1.2 and 1.4)."""
    text = files("connector").joinpath("statuses.toml").read_text(encoding="utf-8")
    return StatusTable(parse_rules(tomllib.loads(text)))


def judge(state: State, event: Event, table: StatusTable) -> Verdict:
    """Return what an event does to a round in a state.

    Total: every event in every state has a verdict. A late event never moves a round back, a final
    round takes no reply, and an answer that nobody commanded is a note.
    """
    if state.final:
        return Verdict(state, note="after-final")
    if event.kind is EventKind.ANSWER and not event.commanded:
        return Verdict(state, note="not-commanded")
    after = _later(state, _AFTER_EVENT.get(event.kind, state))
    rule = table.rule(event)
    if rule is None:
        final_without_words = after.final
        return Verdict(state if final_without_words else after, note="no-rule" if final_without_words else "")
    return Verdict(_closing(after, rule), rule)


def _later(state: State, proposed: State) -> State:
    return max(state, proposed, key=_ORDER.index)


def _closing(state: State, rule: Rule) -> State:
    """A reply that is final closes the round whatever event a cabinet's own table tied it to."""
    if not rule.reply.final or state.final:
        return state
    closings = {ReplyKind.REJECTED: State.REFUSED, ReplyKind.FORWARDED: State.REDIRECTED}
    return closings.get(rule.reply, State.ANSWERED)


def round_of(*, told: int | None, known: int, answered: bool, changed: bool) -> int:
    """Return the round that a listed message belongs to.

    `told` is the round that the wire names, `known` the journal's last one (0 = none). Where the wire
    names none, a message that is listed again with other content after its final answer was sent is a
    rework: the platform lists only what is not yet accepted, and that round was.
    """
    if told is not None:
        return max(told, 1)
    if known == 0:
        return 1
    return known + 1 if answered and changed else known
