"""The closed lists of the exchange (sed.md section 2; schemas 2.2 and 2.6): kinds, notices, reasons."""

from enum import StrEnum

NAMESPACE = "http://www.infpres.com/IEDMS"  # 2.2, 2.6, 2.7
NAMESPACE_271 = "urn:IEDMS:MESSAGE"
CONTAINER_271 = "urn:IEDMS:CONTAINER"


class MessageKind(StrEnum):
    """`header/@type`."""

    DOCUMENT = "Документ"
    NOTIFICATION = "Уведомление"
    ACKNOWLEDGMENT = "Квитанция"
    CONTAINER = "Транспортный контейнер"  # 2.7, 2.7.1: the document lies in a zip


class NoticeKind(StrEnum):
    """`notification/@type`, in the order of the schema."""

    REGISTERED = "Зарегистрирован"
    REFUSED = "Отказано в регистрации"
    EXECUTOR_ASSIGNED = "Назначен исполнитель"
    REPORT_PREPARED = "Доклад подготовлен"
    REPORT_SENT = "Доклад направлен"
    COURSE_CHANGED = "Исполнение"
    PUBLISHED = "Опубликование"  # from 2.6 on


# the element that carries a notice; one vendor text spells one of them without an r
NOTICE_ELEMENTS = {
    "documentAccepted": NoticeKind.REGISTERED,
    "documentRefused": NoticeKind.REFUSED,
    "executorAssigned": NoticeKind.EXECUTOR_ASSIGNED,
    "reportPrepared": NoticeKind.REPORT_PREPARED,
    "reportPepared": NoticeKind.REPORT_PREPARED,
    "reportSent": NoticeKind.REPORT_SENT,
    "courseChanged": NoticeKind.COURSE_CHANGED,
    "documentPublished": NoticeKind.PUBLISHED,
}

REASONS_22 = (
    "Не подлежит регистрации",
    "Ошибка адресации",
    "Не указан корреспондент",
    "Нет искового заявления",
    "Отсутствует текст",
    "Нет подписи",
    "Приложение отсутствует",
    "Листаж приложения указан ошибочно",
    "Несовпадение реквизитов приложения с приложенными документами",
)
REASONS_26 = (
    *REASONS_22,
    "Нет № и даты",
    "Не полная комплектация",
    "Дата документа неразборчива",
    "Исходящий номер документа неразборчив",
    "Отсутствует (не видна) подпись",
    "Перевернуты страницы",
    "Продублированы страницы",
    "В приложении проект нормативного акта",
    "Документ ДСП",
    "Документ и/или приложение отсканированы с оборотом",
    "Документ неверно адресован",
    "Документ получен ранее на бумажном носителе",
    "Документ зарегистрирован ранее, текст взамен разосланного загружен",
    "Количество страниц в тексте документа не соответствует заявленному",
    "Несоответствие переданных реквизитов тексту документа",
    "Отсутствует приложение, указанное в документе",
    "Текст неразборчив",
    "Текст отсутствует",
    "Текст не соответствует регламенту",
)
_CODES = {reason.casefold(): str(number) for number, reason in enumerate(REASONS_26, start=1)}


def reason_code(reason: str) -> str:
    """Return a reason's number in `REASONS_26` (a numbering of ours: the format has none), else ""."""
    return _CODES.get(" ".join(reason.split()).casefold(), "")


class FileGroup(StrEnum):
    """`file/group`."""

    TEXT = "Текст документа"
    ENCLOSURE = "Текст приложения"
    DATA = "Данные"  # from 2.6 on


class LinkType(StrEnum):
    """`link/linkType`."""

    IN_REPLY = "В ответ на"
    FULFILS = "Во исполнение"
    FOUNDATION = "Документ-основание"
    ON_NUMBER = "На №"
    ANSWER = "Ответ"
    RELATED = "Связан с"
