"""The columns of the workbook's tables: header, width, note; found again by header text in any order."""

from collections.abc import Sequence
from typing import NamedTuple

from config.i18n import N_, _
from mappings.vocab import every_language
from mappings.words import same_key


class Column(NamedTuple):
    """One column: stable key, header, width in characters, note, and the list that fills its cells."""

    key: str
    header: str
    width: int
    note: str
    choices: str = ""
    strict: bool = True  # False: the list helps, another text may be typed

    @property
    def title(self) -> str:
        """Return the header in the language of the moment."""
        return _(self.header)


RULES = (
    Column(
        "direction",
        N_("Direction"),
        14,
        N_("incoming: from a category to a code. mart: from a code to a category. They are two tables."),
        "directions",
    ),
    Column(
        "category",
        N_("Category of the platform"),
        58,
        N_("Full path: category / subcategory / fact. In a mart row: the target, or «do not export»."),
        "categories",
        strict=False,
    ),
    Column("id", N_("Category id"), 12, N_("Id on the platform, when it is known. It outweighs the name.")),
    Column(
        "code",
        N_("Code of the classifier"),
        62,
        N_("Choose from the list or type the code alone. In a mart row: the source; * is any code."),
        "codes",
        strict=False,
    ),
    Column(
        "relation",
        N_("Relation"),
        13,
        N_("What the target is, beside the source. «no match»: it was found out that nothing corresponds."),
        "relations",
    ),
    Column(
        "status",
        N_("Status"),
        12,
        N_("Only verified rows act. The others are kept for work and for memory."),
        "statuses",
    ),
    Column(
        "cabinets",
        N_("Cabinets"),
        18,
        N_("The row holds for these cabinets only; several are divided by a semicolon. Empty: for all."),
        "cabinets",
        strict=False,
    ),
    Column("kinds", N_("Kind of item"), 13, N_("message, appeal; empty: both."), "kinds", strict=False),
    Column("regions", N_("Region"), 18, N_("Empty: any region."), "regions", strict=False),
    Column("since", N_("From date"), 12, N_("The first day on which the row holds. Empty: from ever.")),
    Column("until", N_("To date"), 12, N_("The last day on which the row holds. Empty: for ever.")),
    Column(
        "words",
        N_("Words in the text"),
        24,
        N_("The row holds if the text has one of the phrases, divided by a comma. roof* is any ending."),
    ),
    Column(
        "priority",
        N_("Priority"),
        11,
        N_("A whole number; decides between rows for one category. The larger one wins. Empty: 0."),
    ),
    Column("confidence", N_("Confidence"), 12, N_("From 0 to 1, or in per cent. For work only.")),
    Column("reason", N_("Reason"), 30, N_("Why so: a letter, a decision, a document.")),
    Column("author", N_("Author"), 16, N_("Who proposed the row.")),
    Column("reviewer", N_("Reviewer"), 16, N_("Who verified the row.")),
    Column("created", N_("Created"), 12, N_("Date of the proposal.")),
    Column("reviewed", N_("Reviewed"), 12, N_("Date of the verification.")),
    Column("comment", N_("Comment"), 36, N_("Anything worth remembering. The program does not read it.")),
)

POLICY = (
    Column(
        "cabinet", N_("Cabinet"), 30, N_("Name of the cabinet. «(all others)» stands for those not named.")
    ),
    Column(
        "action",
        N_("What to do with unmapped"),
        30,
        N_(
            "hold: wait until the table changes. default code: register under it. "
            "manual queue: people decide."
        ),
        "actions",
    ),
    Column("code", N_("Default code"), 62, N_("Needed for «default code» only."), "codes", strict=False),
)

STATUSES = (
    Column("sstu", N_("Status in SSTU"), 36, N_("Status of a question of the card."), "sstu", strict=False),
    Column(
        "pos",
        N_("Status on the platform"),
        62,
        N_("What goes into the mart. Empty: a question with this status is not uploaded."),
        "pos",
        strict=False,
    ),
    Column("comment", N_("Comment"), 40, N_("Anything worth remembering. The program does not read it.")),
)


def find_header(
    rows: Sequence[Sequence[object]], columns: Sequence[Column], needed: frozenset[str]
) -> tuple[int, dict[str, int]] | None:
    """Find the row with the headers; return its index and the index of each column found.

    None when no row has all the needed ones.
    """
    known = {spelling: column.key for column in columns for spelling in every_language(column.header)}
    for number, row in enumerate(rows[:50]):
        found: dict[str, int] = {}
        for index, cell in enumerate(row):
            key = known.get(same_key(cell)) if isinstance(cell, str) else None
            if key:
                found.setdefault(key, index)
        if needed <= found.keys():
            return number, found
    return None
