"""What every `sedlink export` command does first: settings, source, and errors said for a person."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import typer

from config.console import show_error
from config.settings import Settings
from connector.commands.common import Exit, load_settings
from connector.journal.problems import JournalError
from exporter.definitions import DefinitionsError
from exporter.factfile import FactFileError
from exporter.opening import Opened, journal_source
from exporter.sources import Source


@dataclass(frozen=True, slots=True)
class Job:
    """A command's work: the source to read and the moment at which it is judged."""

    settings: Settings
    opened: Opened
    as_of: datetime

    @property
    def source(self) -> Source:
        """Where rows come from."""
        return self.opened.source


@contextmanager
def source_of(config: Path | None) -> Iterator[Job]:
    """Open the configured source for a block."""
    settings = load_settings(config)
    as_of = datetime.now(UTC)
    with journal_source(settings, as_of) as opened:
        yield Job(settings, opened, as_of)


@contextmanager
def trouble() -> Iterator[None]:
    """Turn errors that a person can mend into a sentence and an exit code."""
    try:
        yield
    except JournalError as error:
        show_error(str(error))
        raise typer.Exit(Exit.DATABASE) from error
    except (DefinitionsError, FactFileError) as error:
        show_error(str(error))
        raise typer.Exit(Exit.CONFIGURATION) from error
