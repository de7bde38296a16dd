"""`sedlink smev …`: SMEV 3 messages on files and standard input.

Exit codes: 0 all is well, 1 something does not hold or cannot be done, 2 the command was not called right.
"""

import json as jsonlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from config.i18n import _
from smev.client import commands as client_commands

if TYPE_CHECKING:
    from smev.gost.provider import Provider
    from smev.gost.trust import TrustStore
    from smev.shown import FileReport

app = typer.Typer(help=_("SMEV 3: the exchange with it, and its messages in files"), no_args_is_help=True)

Files = Annotated[list[str], typer.Argument(help=_("files; - is standard input"), metavar="FILE…")]
File = Annotated[str, typer.Argument(help=_("a file; - is standard input"), metavar="FILE")]
Json = Annotated[bool, typer.Option("--json", help=_("machine-readable output"))]
Backend = Annotated[str, typer.Option("--backend", help=_("GOST implementation: auto, openssl or python"))]
Output = Annotated[Path | None, typer.Option("--output", "-o", help=_("file for the result"))]

# Who signs: one of a key in a file, a key on a token, a command.
Certificate = Annotated[
    Path | None,
    typer.Option("--cert", help=_("the signer's certificate, PEM or DER; a token may hold it itself")),
]
Key = Annotated[Path | None, typer.Option("--key", help=_("private key, PKCS#8 without a password"))]
Token = Annotated[
    str | None, typer.Option("--token", help=_("key on a token: pkcs11:token=…;object=…?module-path=…"))
]
Pin = Annotated[
    str, typer.Option("--pin", help=_("where the token's PIN is: env:NAME, file:PATH, keyring:…"))
]
Command = Annotated[
    str | None,
    typer.Option("--command", help=_("a command that signs the file {data} into the file {signature}")),
]
Form = Annotated[
    str,
    typer.Option(
        "--command-form",
        help=_("how the command writes a signature: raw, reversed, base64, base64-reversed, hex"),
    ),
]


@app.callback()
def smev() -> None:
    """Group the SMEV commands."""


@app.command(help=_("Check every signature of messages."))
def verify(
    files: Files,
    json: Json = False,
    store: Annotated[
        list[Path] | None,
        typer.Option("--store", help=_("trusted certificates: a file or a folder; may be repeated")),
    ] = None,
    at: Annotated[
        datetime | None, typer.Option("--at", help=_("judge trust for this moment (UTC) instead of now"))
    ] = None,
    backend: Backend = "auto",
) -> None:
    """Print a report per signature; the exit code is 1 when anything does not hold."""
    from smev import shown
    from smev.gost import provider
    from smev.gost.trust import load_store

    moment = at.replace(tzinfo=UTC) if at else datetime.now(UTC)
    with _errors():
        trusted = load_store(store) if store else None
        reports = [_verify_file(name, trusted, moment, provider(backend)) for name in files]
    if json:
        typer.echo(jsonlib.dumps([shown.plain(one) for one in reports], ensure_ascii=False, indent=2))
    else:
        for report in reports:
            typer.echo("\n".join(shown.lines(report, moment)))
    raise typer.Exit(0 if all(report.ok for report in reports) else 1)


def _verify_file(name: str, store: "TrustStore | None", at: datetime, provider: "Provider") -> "FileReport":
    """Check one file; what stops it is in its report, and the other files go on."""
    from smev import signature, streams
    from smev.errors import InputError, SmevError
    from smev.shown import FileReport

    try:
        reports = signature.verify(streams.read(name), store=store, at=at, provider=provider)
    except SmevError as error:
        return FileReport(name, error=error)
    unsigned = None if reports else InputError("unsigned", "the message holds no signatures")
    return FileReport(name, reports, unsigned)


@app.command(help=_("Put a signature into a message."))
def sign(
    file: File,
    *,
    cert: Certificate = None,
    key: Key = None,
    token: Token = None,
    pin: Pin = "",
    command: Command = None,
    form: Form = "raw",
    place: Annotated[str, typer.Option("--place", help=_("whose signature: caller or personal"))] = "caller",
    identifier: Annotated[
        str | None, typer.Option("--id", help=_("Id to give the signed element if it has none"))
    ] = None,
    output: Output = None,
    backend: Backend = "auto",
) -> None:
    """Write the signed message to the output file, or to standard output."""
    if sum(map(bool, (key, token, command))) != 1:
        raise typer.BadParameter(_("give one of --key, --token, --command"))
    if cert is None and not token:
        raise typer.BadParameter(_("give the certificate: --cert"))
    if place not in ("caller", "personal"):
        raise typer.BadParameter(_("--place is caller or personal"))
    from smev import signature, streams
    from smev.gost import provider

    with _errors():
        backed = provider(backend)
        signer = client_commands.signer(
            backed, certificate=cert, key=key, token=token or "", pin=pin, command=command or "", form=form
        )
        message = signature.sign(
            streams.read(file), signer, signature.Place(place), identifier=identifier, provider=backed
        )
        streams.write(message, output)


@app.command(help=_("Apply SMEV's transform to XML: what is digested under a signature."))
def transform(
    file: File,
    identifier: Annotated[str | None, typer.Option("--id", help=_("only the element with this Id"))] = None,
    output: Output = None,
) -> None:
    """Write the transformed octets."""
    from smev import streams
    from smev.signature.octets import transformed

    with _errors():
        streams.write(transformed(streams.read(file), identifier), output)


@app.command(help=_("Compute the GOST digest of files of any size."))
def digest(
    files: Files,
    algorithm: Annotated[
        str, typer.Option("--algorithm", help=_("streebog-256, streebog-512 or gost94"))
    ] = "streebog-256",
    hexadecimal: Annotated[bool, typer.Option("--hex", help=_("hexadecimal instead of base64"))] = False,
    json: Json = False,
    backend: Backend = "auto",
) -> None:
    """Print a line per file: the digest as headers of attachments carry it, and the name."""
    import base64

    from smev import gost, streams

    if algorithm not in list(gost.Digest):
        raise typer.BadParameter(_("--algorithm is one of {known}").format(known=", ".join(gost.Digest)))
    values = {}
    for name in files:
        with _errors():
            value = gost.digest(gost.provider(backend), gost.Digest(algorithm), streams.pieces(name))
        values[name] = value.hex() if hexadecimal else base64.b64encode(value).decode()
    if json:
        typer.echo(jsonlib.dumps(values, ensure_ascii=False, indent=2))
    else:
        typer.echo("\n".join(f"{value}  {name}" for name, value in values.items()))


@contextmanager
def _errors() -> Iterator[None]:
    """Turn an error of the library into a line for a person and exit code 1."""
    from smev.errors import SmevError
    from smev.wording import explain

    try:
        yield
    except SmevError as error:
        typer.echo(explain(error), err=True)
        raise typer.Exit(1) from error


client_commands.register(app)
