"""Files that hold what citizens wrote: nobody else of the machine may read them. Looked at on every start."""

import logging
import stat
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import make_url

from config.database import database_url
from config.i18n import _
from config.settings import Settings
from connector.peer import Finding

log = logging.getLogger(__name__)


def look(settings: Settings) -> Iterator[Finding]:
    """Yield a finding for every place of ours that is there."""
    for place in private_places(settings):
        try:
            open_to_others = bool(place.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO))
        except FileNotFoundError:
            continue
        advice = (
            _("open to other users: run chmod go-rwx {path}")
            if open_to_others
            else _("closed to other users")
        )
        yield Finding(str(place), not open_to_others, advice.format(path=place))


def warn(settings: Settings) -> None:
    """Say in the log what is open: the exchange goes on, citizens wait for answers."""
    for finding in look(settings):
        if not finding.ok:
            log.warning("%s: %s", finding.what, finding.sentence)


def private_places(settings: Settings) -> list[Path]:
    """Return the files and folders that are ours alone; folders shared with a SED are not."""
    places = [settings.journal.files]
    url = make_url(database_url(settings.journal))
    if url.get_backend_name() == "sqlite" and url.database:
        places.append(Path(url.database))
    places += [one.spreadsheet.folder_state for one in settings.cabinet if one.spreadsheet]
    return places
