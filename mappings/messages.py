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

# Cells of the workbook.
_kind(
    "sheet-missing",
    N_("the workbook has no sheet «{sheet}»"),
    N_("Begin with the workbook of `mapping template` or `mapping export`; do not rename its sheets."),
)
_kind(
    "header-missing",
    N_("the sheet «{sheet}» has no row with the headers {headers}"),
    N_("Put the headers back as `mapping template` writes them; their order does not matter."),
)
_kind(
    "formula",
    N_("a formula instead of a value: ={formula}"),
    N_("Copy the cell and paste it as a value (Paste special, Values)."),
)
_kind(
    "wrong-type",
    N_("«{value}» is not {expected}"),
    N_("Type {expected} into the cell."),
)
_kind(
    "unknown-word",
    N_("«{value}» is not a word of this list"),
    N_("Choose one of: {words}."),
)
_kind(
    "direction-missing",
    N_("the row has no direction"),
    N_("Choose one of: {words}."),
)
_kind(
    "source-missing",
    N_("the row does not say what it is for"),
    N_("Fill the category (incoming) or the code (mart), or delete the row."),
)
_kind(
    "target-missing",
    N_("the row is verified but has no target"),
    N_("Choose a target, or «no match» for incoming and «do not export» for mart, or take the status back."),
)
_kind(
    "status-missing",
    N_("the row has no status and does not act"),
    N_("Choose a status; «verified» puts the row into force."),
)
_kind(
    "two-targets",
    N_("the row says that nothing corresponds and names a target"),
    N_("Clear the target or choose another relation."),
)
_kind(
    "exclusion-misplaced",
    N_("«do not export» is a target of mart rows only"),
    N_("For an incoming row choose the relation «no match» and leave the code empty."),
)
_kind(
    "any-code-misplaced",
    N_("* stands for any code in mart rows only"),
    N_("What happens to unmapped items is said on the sheet «{sheet}»."),
)
_kind(
    "code-unreadable",
    N_("«{value}» is not a code of the classifier"),
    N_("Choose from the list, or type a code like 0003.0009.0097.0689."),
)
_kind(
    "code-unknown",
    N_("the classifier has no code {code}"),
    N_("Choose from the list. If the code is new, import the new edition: `mapping classifier FILE`."),
)
_kind(
    "code-ambiguous",
    N_("{code} may mean several entries: {codes}"),
    N_("Type the full code."),
)
_kind(
    "code-retired",
    N_("code {code} is no longer in the classifier"),
    N_("Choose another code, or set the status to «obsolete»."),
)
_kind(
    "code-name-differ",
    N_("code {code} is «{expected}», but the cell says «{name}»"),
    N_("Choose from the list again, or leave only the code if the code is right."),
)
_kind(
    "code-too-general",
    N_("code {code} is a whole {level}, not a question"),
    N_("Choose a question if the rubric of a card must be one."),
)
_kind(
    "category-unknown",
    N_("the platform has no category «{path}»{nearest}"),
    N_("Choose from the list. If it is new, import the new list: `mapping categories FILE`."),
)
_kind(
    "category-ambiguous",
    N_("«{path}» is the full name of several categories"),
    N_("Fill the column with the id."),
)
_kind(
    "category-retired",
    N_("the category «{path}» is no longer on the platform"),
    N_("Set the status to «obsolete», or choose another category."),
)
_kind(
    "id-unknown",
    N_("the platform has no category with id {id}"),
    N_("Correct the id or clear the cell."),
)
_kind(
    "id-ambiguous",
    N_("id {id} belongs to several categories"),
    N_("Fill the column with the category's full name."),
)
_kind(
    "id-name-differ",
    N_("id {id} is «{expected}», but the row says «{path}»"),
    N_("Correct the id or the name; if the platform has renamed the category, export the workbook anew."),
)
_kind(
    "impossible-dates",
    N_("the row holds from {since} to {until}: never"),
    N_("Correct one of the two dates."),
)
_kind(
    "impossible-region",
    N_("id {id} belongs to the region {region}, but the row asks for another one"),
    N_("Correct the region or the id."),
)
_kind(
    "unknown-region",
    N_("the platform's lists know no region «{region}»: the row would never hold"),
    N_("Choose from the list of regions or clear the cell."),
)
_kind(
    "unknown-cabinet",
    N_("no cabinet is called «{cabinet}»: the row would never hold"),
    N_("Correct the name, or clear the cell."),
)

# The table as a whole.
_kind(
    "duplicate",
    N_("the row says the same as {other}"),
    N_("Delete one of the two rows."),
)
_kind(
    "conflict",
    N_("for «{source}» this row and {other} hold at once and answer differently"),
    N_("Narrow the condition of one of them, give one a larger priority, or take its status back."),
)
_kind(
    "gap",
    N_("«{path}» has no verified row"),
    N_("Fill the code and set the status, or give its upper category a row."),
)
_kind(
    "policy-twice",
    N_("the cabinet «{cabinet}» stands here again"),
    N_("Leave one row for each cabinet."),
)
_kind(
    "policy-code-missing",
    N_("«default code» needs a code"),
    N_("Choose the code beside it."),
)
_kind(
    "status-twice",
    N_("the status «{status}» stands here again with another answer"),
    N_("Leave one of the two rows."),
)
_kind(
    "status-unknown",
    N_("«{status}» is not a status that the platform is known to show"),
    N_("Compare with the list; leave it if the platform has a new status."),
)
_kind(
    "no-classifier",
    N_("no classifier was imported: codes cannot be checked"),
    N_("Import it: `mapping classifier FILE`."),
)
_kind(
    "no-categories",
    N_("no list of categories was imported: categories cannot be checked"),
    N_("Import it: `mapping categories FILE`."),
)

# Exchange with other tools.
_kind(
    "sssom-row",
    N_("row {row} cannot be understood: {reason}"),
    N_("Correct the row or leave it out; the other rows were taken."),
)
