"""What a new crosswalk would change for real messages, before anything is applied."""

from collections import Counter
from collections.abc import Iterable
from enum import StrEnum
from typing import NamedTuple

from mappings.crosswalk import Crosswalk, Decision, Outcome
from mappings.model import Message
from mappings.words import SEPARATOR, same_key


class Effect(StrEnum):
    """What happens to a message."""

    SAME = "same"
    CHANGED = "changed"  # another code
    ANSWERED = "answered"  # had no code, gets one
    LOST = "lost"  # had a code, gets none


class Difference(NamedTuple):
    """Messages of one category for which the answer differs in the same way."""

    effect: Effect
    names: tuple[str, ...]
    before: Decision
    after: Decision
    times: int

    @property
    def title(self) -> str:
        """Return the full path in one line."""
        return SEPARATOR.join(self.names)


class Trial(NamedTuple):
    """The result: numbers of messages by effect, and the differences, the most frequent first."""

    effects: Counter[Effect]
    differences: tuple[Difference, ...]


def try_out(old: Crosswalk, new: Crosswalk, messages: Iterable[Message]) -> Trial:
    """Compare what two crosswalks answer to the same messages."""
    effects: Counter[Effect] = Counter()
    groups: dict[tuple[object, ...], Difference] = {}
    for message in messages:
        before, after = old.incoming(message), new.incoming(message)
        effect = _effect(before, after)
        effects[effect] += message.times
        if effect is not Effect.SAME:
            key = (tuple(map(same_key, message.names)), *_answer(before), *_answer(after))
            known = groups.get(key)
            times = message.times + (known.times if known else 0)
            groups[key] = Difference(effect, message.names, before, after, times)
    ordered = sorted(groups.values(), key=lambda d: (-d.times, d.names))
    return Trial(effects, tuple(ordered))


def _answer(decision: Decision) -> tuple[Outcome, str]:
    return decision.outcome, decision.code


def _effect(before: Decision, after: Decision) -> Effect:
    if _answer(before) == _answer(after):
        return Effect.SAME
    had, has = before.outcome is Outcome.CODE, after.outcome is Outcome.CODE
    if had and has:
        return Effect.CHANGED
    if has:
        return Effect.ANSWERED
    return Effect.LOST if had else Effect.CHANGED
