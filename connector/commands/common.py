"""What every operator's command does first: read the configuration, set up logging, open the journal."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from enum import IntEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from config.console import show_error
from config.i18n import _

if TYPE_CHECKING:
    from config.settings import Settings
    from connector.journal.journal import Journal
    from connector.runtime import Runtime
    from mappings.model import Message


class Exit(IntEnum):
    """The exit codes of the operator's commands."""

    OK = 0
    ATTENTION = 1  # something failed or waits for a person
    USAGE = 2
    CONFIGURATION = 3
    RUNNING = 4  # another pass holds the lock
    DATABASE = 5  # the database must be upgraded, or cannot be reached


ConfigOption = Annotated[
    Path | None,
    typer.Option("--config", "-c", help=_("configuration file (default: sedlink.toml, /etc/sedlink/…)")),
]
JsonOption = Annotated[bool, typer.Option("--json", help=_("print JSON"))]


def load_settings(config: Path | None) -> "Settings":
    """Read the configuration, or say every mistake and exit with 3."""
    from config.load import SettingsError, find, load
    from connector.logs import set_up

    try:
        settings = load(find(config))
    except SettingsError as error:
        for line in str(error).splitlines():
            show_error(line)
        raise typer.Exit(Exit.CONFIGURATION) from error
    set_up(settings.log)
    return settings


def smev_section(config: Path | None) -> tuple[Mapping[str, Any], Path]:
    """Return the section [smev], which its library checks, and the file's folder; or exit with 3.

    Nothing else of the file is looked at: the exchange with SMEV needs no other secrets.
    """
    from config.load import SettingsError, find, read_tree

    try:
        path = find(config)
        return read_tree(path).get("smev", {}), path.resolve().parent
    except SettingsError as error:
        for line in str(error).splitlines():
            show_error(line)
        raise typer.Exit(Exit.CONFIGURATION) from error


def smev_secret(reference: str) -> str:
    """Return what a reference of the section [smev] leads to. Raises the library's SetupError."""
    from connector.platform.smev.opening import secret

    return secret(reference)


@contextmanager
def journal_of(config: Path | None) -> Iterator["Journal"]:
    """Open the journal of the configuration for a block, or say what is wrong and exit with 3 or 5."""
    with open_or_exit(load_settings(config)) as journal:
        yield journal


@contextmanager
def open_or_exit(settings: "Settings") -> Iterator["Journal"]:
    """Open the journal of the settings for a block, or say what is wrong and exit with 5."""
    from connector.journal.opening import open_journal
    from connector.journal.problems import JournalError

    try:
        journal = open_journal(settings)
    except JournalError as error:
        show_error(str(error))
        raise typer.Exit(Exit.DATABASE) from error
    try:
        yield journal
    finally:
        journal.close()


def runtime_of(settings: "Settings") -> "Runtime":
    """Wire everything, or say what is wrong and exit with 3 or 5."""
    from config.load import SettingsError
    from connector import permissions
    from connector.journal.problems import JournalError
    from connector.runtime import open_runtime
    from mappings.errors import StoreError

    try:
        permissions.warn(settings)
        return open_runtime(settings)
    except SettingsError as error:
        for line in str(error).splitlines():
            show_error(line)
        raise typer.Exit(Exit.CONFIGURATION) from error
    except (JournalError, StoreError) as error:
        show_error(str(error))
        raise typer.Exit(Exit.DATABASE) from error


def messages_of_journal() -> "Iterator[Message]":
    """Yield the messages of the configured journal, for the commands of the mappings."""
    from connector.mapped_messages import mapped_messages

    with journal_of(None) as journal:
        yield from mapped_messages(journal)
