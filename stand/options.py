"""Options that `sedlink stand` and `sedlink demo` share."""

from pathlib import Path
from typing import Annotated

import typer

from config.i18n import _
from stand.kinds import KINDS

SedKind = Annotated[
    str, typer.Option("--sed", help=_("which SED the stand plays: {kinds}").format(kinds=", ".join(KINDS)))
]
FeedFile = Annotated[
    Path | None, typer.Option("--feed", help=_("CSV of real requests instead of the generator"))
]
FeedMap = Annotated[
    str, typer.Option("--map", help=_("column map of the feed: a shipped one or a TOML file"))
]
Faults = Annotated[
    str,
    typer.Option("--faults", help=_("all, none or kinds of faults separated by commas (docs/stand.md)")),
]
Seed = Annotated[int, typer.Option("--seed", help=_("the same seed gives the same run"))]
