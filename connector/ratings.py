"""Asks the platform how citizens rated the answers, and writes it into the trail."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from connector.errors import ChannelError, ConnectorError
from connector.journal.journal import Journal
from connector.journal.records import StoredRound
from connector.lifecycle import State
from connector.platform import TellsRatings
from connector.relay.links import CabinetLink, Links


@dataclass(frozen=True, slots=True)
class Asked:
    """What came of one cabinet."""

    opa_id: int
    asked: int
    rated: int  # newly learnt or changed
    problem: str = ""  # why the rest was not asked
    failed: int = 0  # messages that the platform would not tell about


def ask_ratings(
    journal: Journal, links: Links, since: datetime, moved: Callable[[int], None] = lambda _: None
) -> Iterator[Asked]:
    """Ask for every round answered since and not rated yet; a cabinet that fails stops no other."""
    for opa_id, link in links.cabinets.items():
        if isinstance(link.platform, TellsRatings):
            yield _cabinet(journal, opa_id, link, link.platform, since, moved)


def _cabinet(
    journal: Journal,
    opa_id: int,
    link: CabinetLink,
    platform: TellsRatings,
    since: datetime,
    moved: Callable[[int], None],
) -> Asked:
    asked = rated = failed = 0
    for one in _unrated(journal, link, since):
        try:
            value = platform.rating(one.platform_id)
        except ChannelError as error:
            return Asked(opa_id, asked, rated, error.sentence, failed)
        except ConnectorError:
            failed += 1
            continue
        finally:
            moved(1)
        asked += 1
        rated += value is not None and journal.rate(one.message_id, value)
    return Asked(opa_id, asked, rated, failed=failed)


def _unrated(journal: Journal, link: CabinetLink, since: datetime) -> Iterator[StoredRound]:
    """Yield the last answered round of each message; the platform tells one rating per message."""
    rounds = list(journal.rounds(opa_ids=[link.opa_id], states=[State.ANSWERED], changed_from=since))
    last = {one.platform_id: one for one in sorted(rounds, key=lambda one: one.round)}
    known = journal.ratings([one.message_id for one in last.values()])
    yield from (one for one in last.values() if one.message_id not in known)
