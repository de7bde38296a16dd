"""How far Directum was read: a time with a look-back, an id inside a scan, and what was told in the window.

Only the server's own times are compared, so clocks need not agree.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from config.i18n import _
from connector.errors import PermanentError

SCANS = 2  # of the cards, then of the letters


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where reading stands. `told` and `fresh`: card id → [digest of its events, its time]."""

    since: datetime | None = None  # the latest change that a whole look saw
    scan: int = 0
    after: int = 0  # the last id of the scan
    top: datetime | None = None  # the latest change that this look saw so far
    told: Mapping[str, tuple[str, str]] = field(default_factory=dict)  # by the look before
    fresh: Mapping[str, tuple[str, str]] = field(default_factory=dict)  # by this one

    def knows(self, card: int, digest: str) -> bool:
        """Whether exactly this was told of a card in the window."""
        return any(seen.get(str(card), ("",))[0] == digest for seen in (self.fresh, self.told))

    def moved(self, after: int, top: datetime | None, fresh: Mapping[str, tuple[str, str]]) -> "Cursor":
        """Return the cursor after a page of the scan."""
        tops = [one for one in (self.top, top) if one]
        return replace(self, after=after, top=max(tops, default=None), fresh={**self.fresh, **fresh})

    def next_scan(self, look_back: timedelta) -> "Cursor":
        """Return the cursor at the start of the next scan; after the last one, of the next look."""
        if self.scan + 1 < SCANS:
            return replace(self, scan=self.scan + 1, after=0)
        tops = [one for one in (self.since, self.top) if one]
        since = max(tops, default=None)
        floor = (since - look_back).isoformat() if since else ""
        kept = {card: seen for card, seen in {**self.told, **self.fresh}.items() if seen[1] >= floor}
        return Cursor(since=since, told=kept)

    def dump(self) -> str:
        """Return the text that the journal keeps; a look that begins anew at the beginning is ""."""
        if self == Cursor():
            return ""
        body = {
            "since": _text(self.since), "scan": self.scan, "after": self.after,
            "top": _text(self.top), "told": dict(self.told), "fresh": dict(self.fresh),
        }  # fmt: skip
        return json.dumps({"v1": body}, separators=(",", ":"), sort_keys=True)


def load(text: str) -> Cursor:
    """Return the cursor of a text. Raises PermanentError for one that is not ours."""
    if not text:
        return Cursor()
    try:
        body = json.loads(text)["v1"]
        return Cursor(
            since=_moment(body["since"]), scan=int(body["scan"]), after=int(body["after"]),
            top=_moment(body["top"]), told=_pairs(body["told"]), fresh=_pairs(body["fresh"]),
        )  # fmt: skip
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise PermanentError(_("the cursor of this SED is not readable"), code="cursor") from error


def _pairs(told: Mapping[str, list[str]]) -> dict[str, tuple[str, str]]:
    return {card: (str(digest), str(time)) for card, (digest, time) in told.items()}


def _text(moment: datetime | None) -> str:
    return moment.isoformat() if moment else ""


def _moment(text: str) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
