"""What every command of the exchange does: open the client, tell errors, print JSON."""

import json as jsonlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

import typer

from config.i18n import _

if TYPE_CHECKING:
    from smev.client.exchange import Client
    from smev.client.settings import SmevSettings
    from smev.client.store import OutboxEntry, Store
    from smev.client.taking import Taken
    from smev.errors import SmevError
    from smev.gost.provider import Provider
    from smev.gost.signer import Signer

OK, ATTENTION, CONFIGURATION, AGAIN = 0, 1, 3, 4

Config = Annotated[
    Path | None, typer.Option("--config", "-c", help=_("configuration file with a section [smev]"))
]
Json = Annotated[bool, typer.Option("--json", help=_("machine-readable output"))]
Id = Annotated[str, typer.Argument(help=_("a MessageID, or the key of a message of ours"), metavar="ID")]


class Configuration:
    """Where the section [smev] comes from: a file by itself, or whatever the whole program reads."""

    section: ClassVar[Callable[[Path | None], tuple[Mapping[str, Any], Path]] | None] = None
    secret: ClassVar[Callable[[str], str] | None] = None  # what env:NAME and the like lead to


def secret(reference: str) -> str:
    """Return what a reference to a secret leads to. Raises SetupError."""
    from smev.client.build import no_secrets

    return (Configuration.secret or no_secrets)(reference)


def signer(
    provider: "Provider", *, certificate: Path | None, key: Path | None, token: str, pin: str, command: str,
    form: str,
) -> "Signer":  # fmt: skip
    """Return who signs, as the section [smev.signer] would say it. Raises SetupError, InputError."""
    from pydantic import ValidationError

    from smev.client import build
    from smev.client.settings import KeySettings
    from smev.errors import SetupError

    try:
        keys = KeySettings(
            certificate=certificate, key=key, token=token, pin=pin, command=command, command_form=form
        )
    except ValidationError as error:
        problems = "; ".join(one["msg"].removeprefix("Value error, ") for one in error.errors())
        raise SetupError("settings-wrong", "{problems}", problems=problems) from error
    return build.signer(keys, provider, secret)


@contextmanager
def client_of(config: Path | None) -> Iterator["Client"]:
    """Open the client for a block; an error becomes a line for a person and an exit code."""
    from smev.client.exchange import opened
    from smev.client.faults import NextStep, next_step
    from smev.errors import SmevError

    with ExitStack() as stack:
        try:
            settings = _settings(config)
            client = stack.enter_context(opened(settings, secret=secret))
        except SmevError as error:
            raise _told(error, CONFIGURATION) from error
        try:
            yield client
        except SmevError as error:
            raise _told(error, AGAIN if next_step(error) is NextStep.RETRY else ATTENTION) from error


@contextmanager
def store_of(config: Path | None) -> Iterator["Store"]:
    """Open the client's record alone for a block: no key, no line."""
    from smev.client.exchange import utc_now
    from smev.client.store import Store
    from smev.errors import SmevError

    try:
        with closing(Store(_settings(config).store, utc_now)) as store:
            yield store
    except SmevError as error:
        raise _told(error, CONFIGURATION) from error


def _settings(config: Path | None) -> "SmevSettings":
    from smev.client.settings import from_table, read

    section = Configuration.section
    return from_table(*section(config)) if section else read(config or Path("sedlink.toml"))


def _told(error: "SmevError", code: int) -> typer.Exit:
    from smev.wording import explain

    typer.echo(_("error: {sentence}").format(sentence=explain(error)), err=True)
    return typer.Exit(code)


def show_json(value: object) -> None:
    """Print one JSON document."""
    typer.echo(jsonlib.dumps(value, ensure_ascii=False, indent=2))


def ours(client: "Client", identifier: str) -> "OutboxEntry":
    """Return the message of ours that is meant, or say that the command was not called right."""
    entry = client.store.outbox.find(identifier)
    if entry is None:
        raise typer.BadParameter(_("no message of ours is known as {id}").format(id=identifier))
    return entry


def errors_of(taken: "Taken") -> dict[str, Any]:
    """Return what happened this time as values, beside what is stored."""
    from smev.client import shown

    return {"repeated": taken.repeated, "errors": [shown.problem(one) for one in taken.errors]}
