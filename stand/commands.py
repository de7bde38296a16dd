"""`sedlink stand`: runs the test stand alone until Ctrl-C.

Exit codes: 0 stopped, 1 cannot run, 2 wrong use (a feed, a map, kinds of faults).
"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from config.console import show_error, show_json, show_table
from config.i18n import _, ngettext
from stand.options import Faults, FeedFile, FeedMap, SedKind, Seed

if TYPE_CHECKING:
    from threading import Event

    from stand.feed import Feed
    from stand.reconciliation import Reconciliation
    from stand.running import Stand
    from stand.smev.running import Access


Folder = Annotated[
    Path, typer.Option("--dir", help=_("folder for the exchange, the record and a sedlink.toml"))
]
Schemas = Annotated[
    Path | None,
    typer.Option("--schemas", help=_("folder with the schemas of the exchange, to check messages by")),
]
Bus = Annotated[bool, typer.Option("--smev", help=_("the bus too: SMEV 3, its adapter, РСМЭВ, a file store"))]
BusPort = Annotated[
    int, typer.Option("--smev-port", min=0, max=65535, help=_("port of the bus; 0 = any free one"))
]
BusReturn = Annotated[
    float,
    typer.Option(
        "--smev-return", min=1, help=_("seconds after which the bus gives an unacknowledged message again")
    ),
]


def stand(
    messages: Annotated[int, typer.Option(min=0, max=100_000, help=_("how many messages to write"))] = 50,
    cabinets: Annotated[int, typer.Option(min=1, max=1000, help=_("how many cabinets the platform has"))] = 3,
    sed: SedKind = "sev",
    directory: Folder = Path("stand-data"),
    feed: FeedFile = None,
    map_name: FeedMap = "nyc311",
    faults: Faults = "none",
    seed: Seed = 1,
    port: Annotated[int, typer.Option(min=0, max=65535, help=_("platform's port; 0 = any free one"))] = 8311,
    pace: Annotated[float, typer.Option(min=0, max=86_400, help=_("seconds a clerk needs"))] = 2.0,
    schemas: Schemas = None,
    smev: Bus = False,
    smev_port: BusPort = 0,
    smev_return: BusReturn = 900,
    as_json: Annotated[
        bool, typer.Option("--json", help=_("two JSON lines: the start, the reconciliation"))
    ] = False,
) -> None:
    """Run the test stand: a platform, a SED, a mailbox; until Ctrl-C."""
    from stand.columns import ColumnMapError
    from stand.feed import FeedError, open_feed
    from stand.generator import make_cabinets

    try:
        from stand.running import Stand
    except ModuleNotFoundError:
        _fail(_("the stand needs the extra `stand`: pip install sedlink[stand]"), 1)
    made = make_cabinets(cabinets, seed)
    try:
        source = open_feed(feed, map_name, made) if feed else None
        running = Stand(
            directory, sed=sed, cabinets=made, messages=messages,
            cases=source.cases() if source else None,
            dictionaries=source.dictionaries if source else None,
            seed=seed, faults=faults, port=port, pace=pace, schemas=schemas,
            smev=smev, smev_port=smev_port, smev_return=smev_return,
        )  # fmt: skip
        _run(running, source, directory, as_json=as_json)
    except (ColumnMapError, FeedError, ValueError) as error:
        _fail(str(error), 2)
    except OSError as error:
        _fail(_("the stand cannot start: {error}").format(error=error), 1)


def _run(running: "Stand", source: "Feed | None", directory: Path, *, as_json: bool) -> None:
    import threading

    from stand.feed import write_oddities
    from stand.snippet import write_config

    stop = threading.Event()
    _on_signals(stop)
    try:
        running.start()
        config = write_config(running, directory)
        if source:
            write_oddities(source.oddities, directory / "feed-oddities.csv")
        _tell_start(running, config, source, as_json=as_json)
        stop.wait()
    finally:
        running.stop()
    _tell_end(running.reconcile(), as_json=as_json)


def _on_signals(stop: "Event") -> None:
    import signal

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_received: stop.set())


def _tell_start(running: "Stand", config: Path, source: "Feed | None", *, as_json: bool) -> None:
    odd = len(source.oddities) if source else 0
    told = {
        "base_url": running.base_url, "page": f"{running.base_url}/", "mail_port": running.mail_port,
        **{place.name: place.where for place in running.sed.places}, "config": str(config),
        "sed": running.sed_section, "hurry": dict(running.sed.hurry()),
        "record": str(running.folder / "ledger.jsonl"),
        "admin_token": running.admin_token, "oddities": odd,
        "messages": len(running.platform.items(10**9)), "cabinets": [one.opa_id for one in running.cabinets],
    }  # fmt: skip
    if running.smev:
        told["smev"] = running.smev.client.as_json()
    if as_json:
        show_json(told)
        return
    rows = [
        (_("platform"), running.base_url),
        (_("page for people"), told["page"]),
        *((place.title, place.where) for place in running.sed.places),
        (_("mailbox (SMTP)"), f"127.0.0.1:{running.mail_port}"),
        (_("messages"), told["messages"]),
        (_("token of /stand/…"), running.admin_token),
        (_("configuration of sedlink"), config),
    ]
    if running.smev:
        rows += _smev_rows(running.smev.client)
    show_table((_("what"), _("where")), rows, title=_("The stand is running; Ctrl-C stops it"))
    if odd:
        text = ngettext("{n} odd cell in the feed: {path}", "{n} odd cells in the feed: {path}", odd)
        typer.echo(text.format(n=odd, path=running.folder / "feed-oddities.csv"))
    typer.echo(_("Try: sedlink --help; then sedlink sync --config {config}").format(config=config))


def _smev_rows(access: "Access") -> list[tuple[str, object]]:
    return [
        (_("SMEV {version} (WSDL: add ?wsdl)").format(version=version), address)
        for version, address in access.soap.items()
    ] + [
        (_("file store of SMEV"), f"{access.ftp} ({access.ftp_user} / {access.ftp_password})"),
        (_("adapter (Типовой адаптер)"), access.adapter),
        (_("РСМЭВ"), access.rsmev),
        (_("key for SMEV"), access.files.key),
        (_("certificate of the key"), access.files.certificate),
        (_("certificate of the bus"), access.files.bus),
    ]


def _tell_end(count: "Reconciliation", *, as_json: bool) -> None:
    if as_json:
        show_json(count.as_json())
        return
    rows = [
        (_("offered"), count.offered), (_("accepted by sedlink"), count.received),
        (_("registered in the SED"), count.registered), (_("interim statuses"), count.interim),
        (_("answered"), count.answered), (_("refused"), count.refused),
        (_("redirected"), count.redirected), (_("postponed"), count.postponed),
        (_("not arrived or not told (on the way or lost)"), len(count.lost)),
        (_("doubled"), len(count.doubled)),
        (_("out of order"), len(count.out_of_order)), (_("wrong"), len(count.wrong)),
    ]  # fmt: skip
    show_table((_("what"), _("how many")), rows, title=_("What the stand saw"))


def _fail(sentence: str, code: int) -> NoReturn:
    show_error(sentence)
    raise typer.Exit(code)
