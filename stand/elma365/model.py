"""What an administrator makes in ELMA365 for this exchange: two apps, fields, statuses. Names are ours."""

from collections.abc import Mapping

NAMESPACE, APPEALS, QUESTIONS = "pos", "appeals", "questions"
DIRECTORY = "6b1f0f6a-4f4e-4f0e-9a0b-0d6a5d3c1e02"
TEXT, FLAG, NUMBER, DAY, TIME, FILES, CATEGORY, NAME = (
    "STRING", "BOOLEAN", "FLOAT", "DATE", "DATETIME", "FILE", "CATEGORY", "FULL_NAME"
)  # fmt: skip
APPS: Mapping[str, Mapping[str, str]] = {
    APPEALS: {
        "__name": TEXT, "pos_key": TEXT, "pos_ready": FLAG, "pos_text": TEXT, "pos_number": TEXT,
        "pos_applicant": TEXT, "pos_address": TEXT, "pos_created": TIME, "pos_due": TIME, "pos_files": FILES,
        "reg_number": TEXT, "reg_date": DAY, "executor": NAME, "deadline": TIME, "redirected_to": TEXT,
        "refusal_code": TEXT, "refusal_text": TEXT, "answer_text": TEXT, "answer_number": TEXT,
        "answer_date": DAY, "answer_files": FILES, "answer_result": CATEGORY, "answer_send": FLAG,
    },
    QUESTIONS: {
        "__name": TEXT, "appeal_id": TEXT, "ordinal": NUMBER, "rubric_code": TEXT, "rubric_name": TEXT,
        "result": CATEGORY, "pos_status": TEXT, "pos_export": TEXT,
    },
}  # fmt: skip
CATEGORIES: Mapping[str, frozenset[str]] = {
    "answer_result": frozenset({"solved", "not_solved"}),
    "result": frozenset({"solved", "not_solved"}),
}
# number → code, name
STATUSES: Mapping[int, tuple[str, str]] = {
    1: ("new", "Новое"),
    2: ("in_progress", "На исполнении"),
    3: ("refused", "Отказано"),
    4: ("closed", "Завершено"),
}
