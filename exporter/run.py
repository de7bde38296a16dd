"""What every `sedlink export` command does first: settings, source, mart, and errors said for a person."""

from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import typer

from config.console import show_error
from config.i18n import _
from config.load import SettingsError, find, load
from config.progress import Progress
from config.settings import ExportSettings, Settings
from connector.commands.common import Exit, load_settings
from connector.errors import ConnectorError
from connector.journal.problems import JournalError
from exporter.bookmarks import Bookmarks
from exporter.definitions import DefinitionsError, load_definitions
from exporter.factfile import FactFileError
from exporter.load import changed_from
from exporter.marts import Mart, MartError
from exporter.marts.registry import open_mart
from exporter.opening import card_source, journal_source
from exporter.row import Row
from exporter.sources import Source
from exporter.sources.cards import CardSource
from exporter.sources.columnmap import MapError, load_map
from exporter.sources.journal import JournalSource
from exporter.sources.listfile import ListFile
from mappings.errors import FileError


@dataclass(frozen=True, slots=True)
class Asked:
    """Where facts are to come from, as the command line says it."""

    config: Path | None
    list_file: Path | None = None
    map_name: str = ""
    as_of: datetime | None = None
    sed: str = ""
    card_files: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Job:
    """A command's work: the source to read and the moment at which it is judged."""

    settings: ExportSettings
    source: Source
    as_of: datetime
    whole: Settings | None = None  # the configuration; a list file needs none

    def judged_at(self, as_of: datetime) -> "Job":
        """Return the job as of another moment."""
        source = self.source
        if isinstance(source, JournalSource | ListFile | CardSource):
            source = replace(source, as_of=as_of)
        return replace(self, source=source, as_of=as_of)

    def since(self, moment: datetime | None) -> "Job":
        """Return the job for what has changed since; a list file is always read whole."""
        source = self.source
        if moment is None or isinstance(source, ListFile):
            return self
        if isinstance(source, CardSource):
            source = replace(source, changed_from=moment.date())
        elif isinstance(source, JournalSource):
            source = replace(source, changed_from=moment)
        return replace(self, source=source)


@contextmanager
def source_of(asked: Asked) -> Iterator[Job]:
    """Open the list file or the SED that was asked for, else the journal of the configuration."""
    as_of = asked.as_of or datetime.now(UTC)
    if asked.list_file is None:
        settings = load_settings(asked.config)
        opened: AbstractContextManager[Source] = (
            card_source(settings, asked.sed, asked.card_files, as_of)
            if asked.sed
            else journal_source(settings, as_of)
        )
        with opened as source:
            yield Job(settings.export, source, as_of, settings)
        return
    whole = _settings_or_none(asked.config)
    export = whole.export if whole else ExportSettings()
    columns = load_map(asked.map_name)
    definitions = load_definitions(columns.timezone, export.definitions)
    yield Job(export, ListFile(asked.list_file, columns, definitions, as_of), as_of, whole)


def _settings_or_none(config: Path | None) -> Settings | None:
    """A list file needs no configuration; one that is named or found must be right all the same."""
    try:
        path = find(config)
    except SettingsError:
        if config is None:
            return None
        raise
    return load(path)


def settings_of(config: Path | None, *, needed: bool) -> Settings | None:
    """Return the configuration; None where it is not needed and there is none."""
    return load_settings(config) if needed else _settings_or_none(config)


def export_settings(config: Path | None, *, needed: bool) -> ExportSettings:
    """Return the section [export]; a mart named on the command line needs no configuration."""
    whole = settings_of(config, needed=needed)
    return whole.export if whole else ExportSettings()


def report_language(config: Path | None) -> str:
    """Return the language of what administrators get."""
    whole = _settings_or_none(config)
    return whole.language if whole else "ru"


@contextmanager
def mart_of(job_settings: ExportSettings, url: str) -> Iterator[Mart]:
    """Open the mart that was asked for, else the configured one."""
    mart = open_mart(url or job_settings.mart, None if url else job_settings.password)
    with closing(mart):
        yield mart


def recent(job: Job, mart: Mart, url: str, *, everything: bool) -> Job:
    """Return the job for what may have changed since the last load: from the SED's cursor on, else by day."""
    if everything:
        return job
    since = changed_from(mart, job.source.name, job.settings.look_back)
    work = job.since(since)
    places = _places(work, url)
    if since is None or places is None or not isinstance(work.source, CardSource):
        return work
    cursors = places.read(work.source.card_files or ("",))
    return replace(work, source=replace(work.source, cursors=cursors))


def keep_place(work: Job, url: str) -> None:
    """Remember how far a SED's changes were read, now that they are in the mart."""
    places = _places(work, url)
    if places is not None and isinstance(work.source, CardSource) and work.source.reached:
        places.keep(work.source.reached)


def _places(job: Job, url: str) -> Bookmarks | None:
    source = job.source
    if job.whole is None or not isinstance(source, CardSource) or not source.sed.capabilities.card_cursor:
        return None
    return Bookmarks(job.whole, source.name, url or job.settings.mart)


@dataclass(frozen=True, slots=True)
class Watched:
    """A source whose reading moves a progress bar."""

    inner: Source
    progress: Progress

    @property
    def name(self) -> str:
        """The source's own name."""
        return self.inner.name

    def rows(self) -> Iterator[Row]:
        """Yield the source's rows."""
        yield from self.progress.count(self.inner.rows())


def counted(rows: Iterable[Row]) -> Iterator[Row]:
    """Yield rows under a progress bar on a terminal."""
    with Progress(_("rows read")) as progress:
        yield from progress.count(rows)


@contextmanager
def trouble() -> Iterator[None]:
    """Turn errors that a person can mend into a sentence and an exit code."""
    try:
        yield
    except (ConnectorError, JournalError, MartError) as error:
        show_error(str(error))
        raise typer.Exit(Exit.DATABASE) from error
    except (DefinitionsError, FactFileError, FileError, MapError, SettingsError) as error:
        for line in str(error).splitlines():
            show_error(line)
        raise typer.Exit(Exit.CONFIGURATION) from error
