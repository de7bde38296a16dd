"""The options that say which facts a map or a report counts, each said once."""

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from config.i18n import _
from connector.commands.common import ConfigOption
from exporter.commands.options import MartOption, asking
from exporter.heatmap.choices import Chosen, LanguageName

DAY = ["%Y-%m-%d", "%d.%m.%Y"]


def _chosen(
    since: Annotated[
        datetime | None, typer.Option("--from", formats=DAY, help=_("received on this day or later"))
    ] = None,
    until: Annotated[
        datetime | None, typer.Option("--to", formats=DAY, help=_("received on this day or before"))
    ] = None,
    cabinet: Annotated[
        list[int] | None, typer.Option("--cabinet", help=_("only this cabinet (opa_id); may be repeated"))
    ] = None,
    facts: Annotated[
        Path | None, typer.Option(help=_("a file of facts (.csv, .jsonl, .parquet) instead of the mart"))
    ] = None,
    mart: MartOption = "",
    as_of: Annotated[
        datetime | None,
        typer.Option("--as-of", formats=DAY, help=_("day before which a due date is matured")),
    ] = None,
    language: Annotated[
        LanguageName | None, typer.Option("--lang", help=_("language of what is written"))
    ] = None,
    config: ConfigOption = None,
) -> Chosen:
    return Chosen(
        since=since and since.date(),
        until=until and until.date(),
        cabinets=tuple(cabinet or ()),
        facts=facts,
        mart=mart or None,
        as_of=as_of,
        language=language.value if language else None,
        config=config,
    )


asks_facts = asking(_chosen)
