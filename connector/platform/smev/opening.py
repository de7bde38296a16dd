"""From the sections [smev] and [platform.smev] to a working exchange. Every mistake is a sentence."""

from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path

from config.secret import SecretUnavailableError, resolve
from config.settings import PlatformSmevSettings
from connector.journal.engine import Database
from connector.platform.smev.exchange import Exchange, Pace
from connector.platform.smev.profile import SmevProfile
from connector.platform.smev.store import RequestStore
from smev.client import build
from smev.client.settings import SmevSettings, from_table
from smev.client.wire import unrecorded
from smev.envelope.words import Selector
from smev.errors import SetupError, SmevError
from smev.wording import explain


def read_way(table: Mapping[str, object], folder: Path) -> SmevSettings:
    """Return the section [smev], checked. Raises ValueError that names every mistake."""
    try:
        return from_table(table, folder)
    except SmevError as error:
        raise ValueError(explain(error)) from error


def secret(reference: str) -> str:
    """Return what a reference like env:NAME leads to. Raises SetupError, as the library does."""
    try:
        return resolve(reference).reveal()
    except SecretUnavailableError as error:
        raise SetupError("settings-wrong", "{problems}", problems=str(error)) from error


def open_exchange(
    way: SmevSettings,
    own: PlatformSmevSettings,
    profile: SmevProfile,
    database: Database,
    clock: Callable[[], datetime],
    *,
    pace: Pace | None = None,
) -> Exchange:
    """Return the exchange that all cabinets of the section share. Raises ValueError, a sentence."""
    if way.file_store:  # a platform's file is named by its uuid in the store, whatever its size
        way = way.model_copy(update={"inline_limit": -1})
    try:
        transport = build.transport(way, unrecorded, clock, secret)
    except SmevError as error:
        raise ValueError(f"smev: {explain(error)}") from error
    node_id = way.node_id or None
    ours = Selector(namespace=profile.namespace, root=profile.response, node_id=node_id)
    anything = Selector(node_id=node_id) if node_id else None
    return Exchange(
        RequestStore(database),
        transport,
        spool=own.folder,
        clock=clock,
        pace=pace
        or Pace(
            poll=own.poll.total_seconds(),
            patience=own.patience.total_seconds(),
            answer_within=own.answer_within.total_seconds(),
        ),
        selector=ours if own.own_types_only else anything,
        node_id=node_id,
        alone=way.transport != "soap",
        repeat_safe=own.repeat_safe if own.repeat_safe is not None else way.transport != "rsmev",
    )
