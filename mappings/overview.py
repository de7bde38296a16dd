"""What `status` shows of the tables: the version in force, and how many real items it leaves uncoded."""

from typing import NamedTuple

import sqlalchemy as sa

from mappings.crosswalk import Crosswalk, Outcome
from mappings.model import Content
from mappings.store import schema
from mappings.store.editions import current_categories
from mappings.store.seen import seen
from mappings.store.versions import active_version, load


class Overview(NamedTuple):
    """Counts of what the relay met, judged by the version in force now."""

    version: int  # 0 = no table was ever applied
    items: int
    unmapped: int  # of them, without a verified answer, or with two that contradict each other
    categories: int  # different categories among the unmapped


def overview(url: str) -> Overview:
    """Look without changing anything: a store that was never made has nothing in it."""
    engine = sa.create_engine(url, hide_parameters=True)
    try:
        with engine.connect() as connection:
            if not sa.inspect(connection).has_table(schema.seen.name):
                return Overview(0, 0, 0, 0)
            version = active_version(connection)[1]
            content = load(connection, version) if version else Content()
            crosswalk = Crosswalk(content, version, current_categories(connection).ids())
            met = seen(connection)
    finally:
        engine.dispose()
    missed = [one for one in met if crosswalk.incoming(one).outcome is not Outcome.CODE]
    return Overview(
        version,
        sum(one.times for one in met),
        sum(one.times for one in missed),
        len({one.names for one in missed}),
    )
