"""`sedlink config check|show|example`: is everything that the file names really there."""

from importlib.resources import files
from typing import Annotated

import typer

from config.console import show_json, show_table
from config.i18n import _
from connector.commands.common import ConfigOption, Exit, JsonOption, load_settings, runtime_of

app = typer.Typer(help=_("the configuration file: check it, see it, get an example"), no_args_is_help=True)


@app.command("check", help=_("try credentials, folders, database and disk; changes nothing"))
def check(
    config: ConfigOption = None,
    as_json: JsonOption = False,
    offline: Annotated[bool, typer.Option("--offline", help=_("look at the file only"))] = False,
) -> None:
    """Try every cabinet's credentials, the SEDs' folders, certificates, the clock and the disk."""
    from connector.doctor import examine

    settings = load_settings(config)
    if offline:
        typer.echo(_("the file is in order: {n} cabinets").format(n=len(settings.cabinet)))
        return
    runtime = runtime_of(settings)
    try:
        report = examine(runtime)
    finally:
        runtime.close()
    if as_json:
        show_json([{"what": f.what, "ok": f.ok, "sentence": f.sentence} for f in report.findings])
    else:
        show_table(
            [_("what"), _("result"), _("explanation")],
            [(f.what, _("fine") if f.ok else _("WRONG"), f.sentence) for f in report.findings],
        )
    if not report.ok:
        raise typer.Exit(Exit.ATTENTION)


@app.command("show", help=_("the settings in force, secrets as ****"))
def show(config: ConfigOption = None) -> None:
    """Show the settings in force, with the environment laid over the file; secrets as ****."""
    show_json(load_settings(config).model_dump(mode="json"))


@app.command("example", help=_("print an annotated file to start from"))
def example() -> None:
    """Print an annotated file to start from."""
    typer.echo(files("config").joinpath("example.toml").read_text(encoding="utf-8"), nl=False)
