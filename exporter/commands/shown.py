"""How several commands show the same: what a pass over a source met."""

from typing import TYPE_CHECKING

from config.i18n import _

if TYPE_CHECKING:
    from exporter.survey import Survey


def summary(survey: "Survey") -> list[tuple[str, int]]:
    """Return the counts of a pass, a line each."""
    return [
        (_("rows read"), survey.rows),
        (_("cannot go"), survey.refused),
        (_("withheld on purpose"), survey.withheld),
        *((text, number) for text, number in survey.by_text()),
    ]
