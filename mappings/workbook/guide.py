"""The sheet «Справка»: the whole cycle for people who know spreadsheets and do not program."""

from config.i18n import N_

GUIDE = (
    (
        N_("1. Fill"),
        N_(
            "On the sheet «Mapping» each row joins a category of the platform with a code of the "
            "classifier. Grey cells say what the row is for; choose the code beside it from the list, "
            "or type it. Add rows below when one category needs several rules."
        ),
    ),
    (
        N_("2. Verify"),
        N_(
            "A row acts only with the status «verified». «proposed» and «disputed» wait, «rejected» and "
            "«obsolete» are kept for memory."
        ),
    ),
    (
        N_("3. Check"),
        N_(
            "sedlink mapping check FILE lists every mistake with its cell and writes a copy with the sheet "
            "«Errors»; your formats stay as they are."
        ),
    ),
    (
        N_("4. Try"),
        N_("sedlink mapping try FILE --messages FILE shows what would change for real messages."),
    ),
    (
        N_("5. Apply"),
        N_(
            "sedlink mapping apply FILE puts the workbook into force as a new version; "
            "sedlink mapping rollback takes it back."
        ),
    ),
    (
        N_("Two directions"),
        N_(
            "«incoming»: the category of a message gives the code of the card. «mart»: the code of a card's "
            "question gives the category for the data mart. They are filled apart: one is not the inverse of "
            "the other."
        ),
    ),
    (
        N_("Which row wins"),
        N_(
            "The lowest level of a category that has a row answers: fact, then subcategory, then category. "
            "There the larger priority wins, then the narrower condition. Rows that remain equal and answer "
            "differently are an error: both are shown."
        ),
    ),
    (
        N_("Nothing corresponds"),
        N_(
            "For an incoming row choose the relation «no match»: the sheet «Unmapped» then says what to do. "
            "For a mart row choose «do not export» instead of a category. An empty row is not an answer: it "
            "is work to do."
        ),
    ),
    (
        N_("Mart rows"),
        N_(
            "A row for a theme answers for all its questions that have no row of their own; the row with * "
            "answers for everything else."
        ),
    ),
    (
        N_("Locked cells"),
        N_(
            "The sheets are protected without a password: Review, Unprotect sheet, when a row must be "
            "deleted."
        ),
    ),
)
