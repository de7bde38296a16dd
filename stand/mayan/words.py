"""What an administrator makes in Mayan for this exchange: names are ours."""

DOCUMENT_TYPE = "Обращение ПОС"
KEY = "pos_key"
WORKFLOW = "pos_life"
AT_WORK, OVER = "В работе", "Завершено"
# label → whether it ends the workflow
TRANSITIONS = {
    "Регистрация": False,
    "Назначение исполнителя": False,
    "Ход работы": False,
    "Перенос срока": False,
    "Проект ответа": False,
    "Перенаправление": True,
    "Отказ в регистрации": True,
    "Ответ: решено": True,
    "Ответ: не решено": True,
}
FIELDS = ("number", "date", "deadline", "executor", "organisation", "code")
DRAFT_COMMENT, ANSWER_COMMENT = "Проект", "Ответ"
EMPTY_FILE = "Пустой файл: "  # how a file without content is named in a description
