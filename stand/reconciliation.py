"""Reconciles a run from the stand's record alone: what was offered against what arrived where it should.

For every round of every message: registered in the SED exactly once, with its text and files; every
decision of a clerk told to the platform exactly once, in order, with equal files; nothing else told.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from stand.ledger import Entry, Ledger
from stand.words import Kind, decision_id, round_id


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """The count of a run. Ids: `1001/2` is a round of a message, `1001/2#3` a clerk's decision in it.

    `lost` and `doubled` speak of a run that has come to rest: on the way everything is late. `pending`
    are decisions that the SED has not reported yet, `superseded` interim ones that it reported only
    after the final one; `repelled` counts replies that came out of turn and were refused for it.
    `unaccounted` are what keeps received from being registered + refused + parked.
    """

    offered: int = 0
    received: int = 0
    registered: int = 0
    interim: int = 0
    answered: int = 0
    refused: int = 0
    redirected: int = 0
    postponed: int = 0
    repelled: int = 0
    lost: tuple[str, ...] = ()
    doubled: tuple[str, ...] = ()
    out_of_order: tuple[str, ...] = ()
    wrong: tuple[str, ...] = ()
    parked: tuple[str, ...] = ()
    pending: tuple[str, ...] = ()
    superseded: tuple[str, ...] = ()
    unaccounted: tuple[str, ...] = ()

    @property
    def exact(self) -> bool:
        """Whether nothing is lost, doubled, out of order or wrong."""
        return not (self.lost or self.doubled or self.out_of_order or self.wrong)

    def as_json(self) -> dict[str, Any]:
        """Return the counts, the lists of ids, and whether all is well."""
        return {**asdict(self), "exact": self.exact}


@dataclass(slots=True)
class _Tally:
    """What the record says of one round."""

    offered: Entry | None = None
    steps: list[Mapping[str, Any]] = field(default_factory=list)
    accepted: bool = False
    arrived: list[Entry] = field(default_factory=list)
    again: int = 0
    registered: list[Entry] = field(default_factory=list)
    reported: dict[int, int] = field(default_factory=dict)  # step → entry number
    decided: dict[int, int] = field(default_factory=dict)  # step → entry number
    unsubscribed: set[int] = field(default_factory=set)
    replies: list[Entry] = field(default_factory=list)


@dataclass(slots=True)
class _Findings:
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    out_of_order: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    parked: list[str] = field(default_factory=list)
    pending: list[str] = field(default_factory=list)
    superseded: list[str] = field(default_factory=list)
    unaccounted: list[str] = field(default_factory=list)


def reconcile(ledger: Ledger | Iterable[Entry], parked: Collection[str] = ()) -> Reconciliation:
    """Return the count of a run.

    `parked` are what sedlink itself says that it parked, as `1001`, `1001/1` or `pos:77:1001:1`: those
    are neither lost nor pending.
    """
    entries = ledger.entries() if isinstance(ledger, Ledger) else list(ledger)
    tallies = _tallies(entries)
    aside = {_normal(name) for name in parked}
    found = _Findings()
    for (message_id, round_), tally in sorted(tallies.items()):
        name = round_id(message_id, round_)
        if tally.offered is None:
            continue
        told_parked = name in aside or str(message_id) in aside
        if told_parked:
            found.parked.append(name)
        elif tally.accepted and not tally.registered and not _rejected(tally):
            found.unaccounted.append(name)
        _judge_arrival(name, tally, found, parked=told_parked)
        _judge_replies(message_id, round_, tally, found, parked=told_parked)
    found.wrong += [
        f"{one.detail['file']}: {one.detail['wrong']}" for one in entries if one.what == "sed_rejected"
    ]
    found.wrong += [
        f"{round_id(one.message, one.round)}: {'; '.join(one.detail['wrong'])}"
        for one in entries
        if one.what == "refused_reply" and one.detail["wrong"]
    ]
    repelled = sum(1 for one in entries if one.what == "refused_reply" and one.detail["turn"])
    fields: dict[str, Any] = {name: tuple(values) for name, values in asdict(found).items()}
    return Reconciliation(**fields, **_counts(tallies.values()), repelled=repelled)


def _tallies(entries: Iterable[Entry]) -> dict[tuple[int, int], _Tally]:
    tallies: dict[tuple[int, int], _Tally] = defaultdict(_Tally)
    for entry in entries:
        if entry.message:
            _enter(tallies[entry.message, entry.round], entry)
    return tallies


def _enter(tally: _Tally, entry: Entry) -> None:
    match entry.what:
        case "offered":
            tally.offered = entry
        case "planned":
            tally.steps = list(entry.detail["steps"])
        case "accepted":
            tally.accepted = True
        case "arrived":
            tally.arrived.append(entry)
        case "arrived_again":
            tally.again += 1
        case "registered":
            tally.registered.append(entry)
        case "reported" | "decided" as order:
            getattr(tally, order).setdefault(entry.detail["step"], entry.n)
        case "unsubscribed":
            tally.unsubscribed.add(entry.detail["step"])
        case "replied":
            tally.replies.append(entry)


def _counts(tallies: Iterable[_Tally]) -> dict[str, Any]:
    tallies = list(tallies)
    kinds = Counter(Kind(reply.detail["kind"]) for tally in tallies for reply in tally.replies)
    return {
        "offered": sum(tally.offered is not None for tally in tallies),
        "received": sum(tally.accepted for tally in tallies),
        "registered": sum(bool(tally.registered) for tally in tallies),
        "interim": sum(count for kind, count in kinds.items() if kind.interim),
        "answered": kinds[Kind.SOLVED] + kinds[Kind.NOT_SOLVED],
        "refused": kinds[Kind.REJECTED],
        "redirected": kinds[Kind.FORWARDED],
        "postponed": kinds[Kind.POSTPONED],
    }


def _rejected(tally: _Tally) -> bool:
    return any(Kind(reply.detail["kind"]) is Kind.REJECTED for reply in tally.replies)


def _judge_arrival(name: str, tally: _Tally, found: _Findings, *, parked: bool) -> None:
    if not tally.arrived:
        if not parked:
            found.lost.append(name)
        return
    if len(tally.arrived) > 1 or tally.again or len(tally.registered) > 1:
        found.doubled.append(name)
    arrived = tally.arrived[0].detail
    missing = Counter(tally.offered.detail["files"] if tally.offered else ()) - Counter(arrived["files"])
    if missing:
        found.wrong.append(f"{name}: files of the message are missing in the SED: {missing.total()}")
    if not arrived["text"]:
        found.wrong.append(f"{name}: the text in the SED is not the citizen's")


def _judge_replies(message_id: int, round_: int, tally: _Tally, found: _Findings, *, parked: bool) -> None:
    waiting = list(tally.replies)
    final = (
        next((step for step, one in enumerate(tally.steps, 1) if _kind(one).final), 0) if tally.steps else 0
    )
    matched: dict[int, Entry] = {}
    for step, planned in enumerate(tally.steps, start=1):
        if not planned["expects"]:
            continue
        name = decision_id(message_id, round_, step)
        reply = _take(waiting, planned)
        if reply is not None:
            matched[step] = reply
            found.wrong.extend(f"{name}: {problem}" for problem in _differences(planned, reply, tally, step))
        elif step in tally.unsubscribed:
            found.lost.append(name)
        elif step not in tally.reported:
            if not parked:
                found.pending.append(name)
        elif final and step != final and tally.reported[step] > tally.reported.get(final, 10**12):
            found.superseded.append(name)
        elif not parked:
            found.lost.append(name)
    for extra in waiting:
        found.doubled.append(f"{round_id(message_id, round_)}: {extra.detail['kind']}")
    found.out_of_order.extend(decision_id(message_id, round_, step) for step in _disordered(matched, tally))


def _kind(step: Mapping[str, Any]) -> Kind:
    return Kind(step["expects"]) if step["expects"] else Kind.OTHER


def _take(waiting: list[Entry], planned: Mapping[str, Any]) -> Entry | None:
    """Return the reply that tells of a step; any final one tells of the final step, be it the wrong word."""
    wanted = _kind(planned)
    for position, reply in enumerate(waiting):
        told = Kind(reply.detail["kind"])
        if told is wanted or (told.final and wanted.final):
            return waiting.pop(position)
    return None


def _differences(planned: Mapping[str, Any], reply: Entry, tally: _Tally, step: int) -> Iterator[str]:
    if reply.detail["kind"] != planned["expects"]:
        yield f"{reply.detail['kind']} was told instead of {planned['expects']}"
    if reply.n < tally.reported.get(step, reply.n + 1):
        yield "it was told before the clerk decided it"
    if "files" in planned and list(planned["files"]) != list(reply.detail["files"]):
        yield "the files on the platform are not those of the answer"
    if "deadline" in planned and not _same_day(planned["deadline"], reply.detail["postponed"]):
        yield f"postponed to {reply.detail['postponed']} instead of {planned['deadline']}"


def _same_day(day: str, moment: str) -> bool:
    """Whether a moment lies on a day of some time zone: only its owner knows which."""
    told = datetime.strptime(moment, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    meant = datetime.fromisoformat(day).replace(tzinfo=UTC)
    return meant - timedelta(hours=14) <= told < meant + timedelta(hours=38)


def _disordered(matched: Mapping[int, Entry], tally: _Tally) -> Iterator[int]:
    """Yield steps that were told before an earlier one, although the SED decided and reported them in order.

    Where a half-written report makes the two orders differ, either is right: the reports' own times tell
    the first, their arrival the second.
    """
    steps = sorted(matched)
    for position, later in enumerate(steps):
        for earlier in steps[:position]:
            in_order = all(
                order.get(earlier, 0) < order.get(later, 1) for order in (tally.reported, tally.decided)
            )
            if in_order and matched[later].n < matched[earlier].n:
                yield later
                break


def _normal(name: str) -> str:
    """Return `1001/1` for `pos:77:1001:1`; other spellings as they are."""
    parts = name.split(":")
    return f"{parts[2]}/{parts[3]}" if len(parts) == 4 and parts[0] == "pos" else name
