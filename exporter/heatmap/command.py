"""`sedlink heatmap`: the map of a mart or of a file of facts as a page, a picture and a table.

Exit codes: 0 written · 1 nothing falls into the period: an empty map was written · 2 wrong use of the
command · 3 the configuration, mart or a file cannot be used.
"""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from config.console import show_error, show_json, show_table
from config.i18n import N_, _
from config.interrupt import stoppable
from connector.commands.common import Exit, JsonOption
from exporter.heatmap.choices import ByName, Chosen, MetricChoice, ThemeName
from exporter.heatmap.options import asks_facts

if TYPE_CHECKING:
    from exporter.heatmap.job import Wanted
    from exporter.heatmap.view import View


@asks_facts
def heatmap(
    chosen: Chosen,
    out: Annotated[Path, typer.Option("--out", "-o", help=_("page to write, FILE.html"), dir_okay=False)],
    metric: Annotated[MetricChoice, typer.Option(help=_("what the page shows first"))] = MetricChoice.COUNT,
    by: Annotated[ByName, typer.Option(help=_("territories: regions or municipalities"))] = ByName.REGION,
    png: Annotated[Path | None, typer.Option(help=_("picture to write, FILE.png"), dir_okay=False)] = None,
    svg: Annotated[
        bool, typer.Option("--svg", help=_("write the drawing beside the page, FILE.svg"))
    ] = False,
    csv: Annotated[
        bool, typer.Option("--csv", help=_("write the numbers beside the page, FILE.csv"))
    ] = False,
    geojson: Annotated[
        Path | None, typer.Option(help=_("outlines with `oktmo`: adds a map of real shapes"), dir_okay=False)
    ] = None,
    layout: Annotated[
        Path | None, typer.Option(help=_("your own layout of the tiles (JSON)"), dir_okay=False)
    ] = None,
    breaks: Annotated[
        str | None, typer.Option(help=_("lower bounds of classes 2 to 7, separated by commas"))
    ] = None,
    theme: Annotated[ThemeName, typer.Option(help=_("colours of the picture"))] = ThemeName.LIGHT,
    as_json: JsonOption = False,
) -> None:
    """Draw the map."""
    from exporter.heatmap.job import Wanted

    wanted = Wanted(of=chosen, metric=str(metric), by=by.value, geojson=geojson, layout=layout, breaks=breaks)
    with stoppable():
        view, written = _drawn(wanted, lambda view: _write(view, out, png, svg=svg, csv=csv, theme=theme))
    _tell(view, written, as_json=as_json)


def _drawn(wanted: "Wanted", write: "Callable[[View], list[Path]]") -> "tuple[View, list[Path]]":
    from config.i18n import speaking
    from exporter.heatmap.engine import MapError
    from exporter.heatmap.job import make

    try:
        view, own = make(wanted)
        with speaking(own):
            return view, write(view)
    except MapError as error:
        show_error(str(error))
        raise typer.Exit(Exit.CONFIGURATION) from error


def _write(
    view: "View", out: Path, png: Path | None, *, svg: bool, csv: bool, theme: ThemeName
) -> list[Path]:
    from exporter.heatmap import sheet
    from exporter.heatmap.output import table, write
    from exporter.heatmap.page import page

    written = {out: page(view).encode()}
    if png:
        written[png] = sheet.png(view, theme.value)
    if svg:
        written[out.with_suffix(".svg")] = sheet.svg(view, theme.value).encode()
    if csv:
        written[out.with_suffix(".csv")] = table(view)
    for path, content in written.items():
        write(path, content)
    return list(written)


def _tell(view: "View", written: list[Path], *, as_json: bool) -> None:
    whole = view.heat.cell()
    told = {
        N_("questions"): whole.n, N_("territories"): len(view.heat.territories),
        N_("categories"): len(view.heat.categories()), N_("overdue"): whole.overdue,
    }  # fmt: skip
    if as_json:
        show_json({"files": list(map(str, written)), **told, "as_of": view.scope.as_of})
    else:
        rows = [
            *((_("written"), path) for path in written),
            *((_(name), number) for name, number in told.items()),
        ]
        show_table((_("what"), _("number")), rows)
    if not whole.n:
        show_error(_("nothing falls into this period and these cabinets"))
        raise typer.Exit(Exit.ATTENTION)
