"""Turns: of several daemons over one journal, one does a periodic job, once a period."""

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, or_, select

from connector.journal.part import Part
from connector.journal.schema import turn

_AHEAD = timedelta(minutes=1)  # a turn taken later from now than this was taken by a clock that ran ahead


class Turns(Part):
    """Hands out the turn to do a periodic job.

    Doing a job twice is harmless; two daemons that ask the same peer at twice the pace are not welcome there.
    Whoever dies with a turn in hand holds nothing: the next one comes a period later.
    """

    def take_turn(self, name: str, every: timedelta, *, at_once: bool = False) -> bool:
        """Take the turn to do `name`; False when somebody took it within the period.

        `at_once` takes it whenever the last was: a daemon that has just been started looks at once. A tenth
        of the period is forgiven, or a daemon's own next visit would come a moment too early now and then.
        """
        now = self._now()
        mine = turn.c.name == name
        if at_once:
            return self._db.write(self._take, name, now, mine)
        due = mine & or_(turn.c.taken_at <= now - every * 0.9, turn.c.taken_at > now + _AHEAD)
        # Most visits of a second daemon end here, without asking for the right to write.
        fresh = select(turn.c.name).where(mine, ~due)
        if self._db.read(lambda connection: connection.execute(fresh).first()):
            return False
        return self._db.write(self._take, name, now, due)

    def _take(self, connection: Connection, name: str, now: datetime, due: ColumnElement[bool]) -> bool:
        taken = self._db.insert(turn).values(name=name, taken_at=now)
        taken = taken.on_conflict_do_update(index_elements=["name"], set_={"taken_at": now}, where=due)
        return connection.execute(taken.returning(turn.c.name)).first() is not None
