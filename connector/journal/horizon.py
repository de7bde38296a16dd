"""What waits for a moment absurdly far off: a clock ran ahead when it was written, and was set right since.

A lease, a pause or a backoff is a matter of hours. Without this, an hour with a clock of the year 2036 would
hold a citizen's message for ten years.
"""

from datetime import datetime, timedelta

from sqlalchemy import Connection, text, update

from connector.journal.part import Part
from connector.journal.schema import READY, channel, lane


class Horizon(Part):
    """Brings back what was put off beyond every sensible time."""

    def recall(self, horizon: timedelta) -> int:
        """Make due now what is due later than `horizon` from now, and end such pauses; return how many."""
        return self._db.write(self._recall, self._now(), horizon)

    def _recall(self, connection: Connection, now: datetime, horizon: timedelta) -> int:
        far = now + horizon
        lanes = connection.execute(
            update(lane).where(text(READY), lane.c.due_at > far).values(due_at=now)
        ).rowcount
        channels = connection.execute(
            update(channel).where(channel.c.paused_until > far).values(paused_until=now)
        ).rowcount
        connection.execute(update(channel).where(channel.c.probing_until > far).values(probing_until=None))
        return lanes + channels
