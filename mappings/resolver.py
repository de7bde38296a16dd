"""The crosswalk in force, for a running daemon: loaded once, changed between two messages, never broken.

resolver = Resolver(engine)
crosswalk = resolver.current()          # one tiny query; reloads only when another version is in force
routing = crosswalk.route(Message(...)) # pure
"""

import logging
import threading

import sqlalchemy as sa

from mappings.crosswalk import Crosswalk
from mappings.model import Content
from mappings.store import schema
from mappings.store.editions import CURRENT, current_categories
from mappings.store.versions import active_version, load

log = logging.getLogger(__name__)

_State = tuple[object, ...]  # last activation, and sums that change with any change of current editions


class Resolver:
    """Hands out the crosswalk in force. Safe to share between threads."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine
        self._lock = threading.Lock()
        self._state: _State | None = None
        self._crosswalk = Crosswalk(Content())

    def current(self) -> Crosswalk:
        """Return the crosswalk in force, reading it anew only when it has changed.

        A version that cannot be read leaves the last good one in force; the failure is raised only when
        there is no good one yet.
        """
        with self._engine.connect() as connection:
            return self.refresh(connection)

    def refresh(self, connection: sa.Connection) -> Crosswalk:
        """Do the same on a connection that the caller has open."""
        try:
            state = _state(connection)
            if state != self._state:
                with self._lock:
                    self._load(connection, state)
        except (sa.exc.SQLAlchemyError, ValueError, TypeError) as problem:
            if self._state is None:
                raise
            log.error(  # noqa: TRY400 - the traceback of a driver says nothing more
                "mapping version cannot be read, version %s stays in force: %s",
                self._crosswalk.version,
                type(problem).__name__,
            )
        return self._crosswalk

    def _load(self, connection: sa.Connection, state: _State) -> None:
        if state == self._state:
            return
        version = active_version(connection)[1]
        content = load(connection, version) if version else Content()
        self._crosswalk = Crosswalk(content, version, current_categories(connection).ids())
        self._state = state


def _state(connection: sa.Connection) -> _State:
    ids = schema.edition.c.id
    last = sa.select(sa.func.max(schema.activation.c.id)).scalar_subquery()
    query = sa.select(last, sa.func.sum(ids), sa.func.sum(ids * ids)).where(schema.edition.c.state == CURRENT)
    return tuple(connection.execute(query).one())
