"""The sentences of every kind of finding: what is wrong, and what to do."""

from config.i18n import N_

TEXTS: dict[str, str] = {}
ADVICE: dict[str, str] = {}


def _kind(kind: str, text: str, advice: str) -> None:
    TEXTS[kind] = text
    ADVICE[kind] = advice


# Reading a classifier or a list of categories.
_kind(
    "row-without-code",
    N_("no code in the row: «{text}»"),
    N_("The row was left out. Put the code into the code column if this is an entry."),
)
_kind(
    "entry-without-name",
    N_("code {code} has no name"),
    N_("Put the name beside the code."),
)
_kind(
    "footnote-cut",
    N_("digits «{footnote}» after the code {code} were taken for a footnote mark"),
    N_("Compare with the printed list; correct the cell if the digits belong to the code."),
)
_kind(
    "code-twice",
    N_("code {code} stands here again with another name: «{name}»; the first one is kept"),
    N_("Leave one of the two rows."),
)
_kind(
    "code-repeated",
    N_("code {code} stands here again with the same name"),
    N_("Nothing to do: the repeated row was left out."),
)
_kind(
    "parent-missing",
    N_("code {code} has no row for its upper level {parent}"),
    N_("Add the row of the upper level, or check the code."),
)
_kind(
    "category-twice",
    N_("the category «{path}» stands here again"),
    N_("Equal full names need different ids; without ids leave one of the rows."),
)
_kind(
    "category-without-parent",
    N_("«{name}» has no category above it"),
    N_("Fill the column of the upper category in this row."),
)
_kind(
    "id-twice",
    N_("id {id} belongs to two categories: «{path}» and «{other}»; the first one is kept"),
    N_("An id names one category only: correct one of the two rows."),
)
