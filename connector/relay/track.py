"""Step 3: what happened in a SED becomes events, states and at most one reply each, in one commit."""

from collections.abc import Mapping
from dataclasses import dataclass

from connector.appeal import Event
from connector.crashpoints import reach
from connector.journal.journal import Journal
from connector.journal.records import Judgement, StoredRound
from connector.lifecycle import default_table, judge
from connector.relay.links import CabinetLink, sed_channel
from connector.relay.replies import reply_to
from connector.sed import Sed

PAGE = 500  # events a transaction


@dataclass(frozen=True, slots=True)
class TrackCount:
    """What one pass over a SED's changes brought."""

    events: int = 0
    replies: int = 0
    orphans: int = 0
    notes: int = 0

    def __add__(self, other: "TrackCount") -> "TrackCount":
        return TrackCount(
            self.events + other.events,
            self.replies + other.replies,
            self.orphans + other.orphans,
            self.notes + other.notes,
        )


def track(journal: Journal, name: str, sed: Sed, cabinets: Mapping[int, CabinetLink]) -> TrackCount:
    """Store everything new in a SED, page by page. Raises ChannelError."""
    total = TrackCount()
    channel = sed_channel(name)
    more = True
    while more:
        page = sed.changes(journal.cursor(channel), PAGE)
        recorded = journal.record_events(
            name, page, lambda round_, event: _judge(round_, event, cabinets), channel
        )
        reach("track.recorded")
        if page.receipts:
            sed.acknowledge(page.receipts)  # only now: what is above is durable
            reach("track.acknowledged")
        total += TrackCount(recorded.new, recorded.replies, recorded.orphans, len(page.notes))
        more = page.more
    journal.channel_ok(channel)
    return total


def _judge(round_: StoredRound, event: Event, cabinets: Mapping[int, CabinetLink]) -> Judgement:
    cabinet = cabinets.get(round_.opa_id)
    # A cabinet that was taken out of the configuration still gets its replies: they wait until it is back.
    verdict = judge(round_.state, event, cabinet.statuses if cabinet else default_table())
    if verdict.rule is None:
        return Judgement(verdict.state, None, verdict.note)
    reply = reply_to(
        opa_id=round_.opa_id,
        platform_id=round_.platform_id,
        round_=round_.round,
        card=round_.card,
        event=event,
        rule=verdict.rule,
    )
    return Judgement(verdict.state, reply, verdict.note)
