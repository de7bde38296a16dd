"""`sedlink run` and `sedlink sync`: the daemon, and one pass for cron."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from config.console import show_error, show_json
from config.i18n import _
from connector.commands.common import ConfigOption, Exit, JsonOption, load_settings, runtime_of

if TYPE_CHECKING:
    from config.settings import Settings
    from connector.sync import SyncReport


def run(config: ConfigOption = None) -> None:
    """Run the daemon until SIGTERM; SIGHUP reads the configuration again."""
    from config.i18n import settle
    from connector.daemon import Daemon
    from connector.runtime import open_runtime

    settings = load_settings(config)
    runtime = runtime_of(settings)
    settle(settings.language)  # what is written for administrators is in their language, whatever cron's is
    daemon = Daemon(runtime, reload=lambda: open_runtime(_reread(config)))
    daemon.install_signals()
    daemon.run()


def _reread(config: Path | None) -> "Settings":
    from config.load import find, load

    return load(find(config))


def sync(
    config: ConfigOption = None,
    cabinet: Annotated[list[int] | None, typer.Option(help=_("only this cabinet (repeatable)"))] = None,
    as_json: JsonOption = False,
) -> None:
    """Do one pass over every cabinet and SED, for cron."""
    from config.i18n import language, settle, speaking
    from config.progress import Progress
    from connector.sync import AlreadyRunningError, alone
    from connector.sync import sync as one_pass

    own_language = language()
    settings = load_settings(config)
    known = {c.opa_id for c in settings.cabinet}
    if wrong := sorted(set(cabinet or ()) - known):
        show_error(_("no such cabinet in the file: {ids}").format(ids=", ".join(map(str, wrong))))
        raise typer.Exit(Exit.USAGE)
    try:
        with alone(settings.journal.files / "sync.lock"), Progress(_("starting")) as progress:
            runtime = runtime_of(settings)
            settle(settings.language)  # of the worker threads; what is printed here follows the locale
            try:
                report = one_pass(runtime, cabinet or (), progress)
            finally:
                runtime.close()
    except AlreadyRunningError as error:
        show_error(
            _("another pass is running (process {pid}); this one has nothing to do").format(pid=error.pid)
        )
        raise typer.Exit(Exit.RUNNING) from error
    with speaking(own_language):
        _print(report, as_json=as_json)
    if report.paused or report.failed or report.unreadable:
        raise typer.Exit(Exit.ATTENTION)


def _print(report: "SyncReport", *, as_json: bool) -> None:
    if as_json:
        show_json(asdict(report))
    else:
        typer.echo(
            _(
                "received {received}, listed again {repeated}, unreadable {unreadable}, events {events}, "
                "replies {replies}, steps done {steps}, failed {failed}"
            ).format(**asdict(report))
        )
        for channel in report.paused:
            show_error(_("channel {channel} is closed: see `sedlink status`").format(channel=channel))
