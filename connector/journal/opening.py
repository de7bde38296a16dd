"""Opens the journal that the settings name; imports nothing of the peers, so that `status` starts fast."""

from config.database import database_url
from config.settings import Settings
from connector.journal.journal import Journal
from connector.journal.part import PausePolicy, RetryPolicy


def open_journal(settings: Settings) -> Journal:
    """Open the journal that the settings name. Raises JournalError."""
    own = settings.journal
    return Journal.open(
        database_url(own),
        files=own.files,
        max_file_size=own.max_file_size,
        retry=RetryPolicy(base=own.backoff_first, cap=own.backoff_cap, attempts=own.attempts),
        pause=PausePolicy(grace=settings.daemon.alert_after),
    )


def upgrade_database(settings: Settings) -> str:
    """Bring the database to the schema of this version; returns its revision. Raises JournalError."""
    settings.journal.files.mkdir(parents=True, exist_ok=True, mode=0o700)
    return Journal.upgrade(database_url(settings.journal))
