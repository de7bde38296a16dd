"""Statuses of a question in ССТУ and the «Статус ПОС» they become when no workbook says otherwise.

The pairs are those in production use (protocols: platform, section 4). The two statuses before registration
have none: without «Статус ПОС» a row is not taken by the mart, so such a question is not uploaded yet.
"""

from mappings.model import StatusPair

DEFAULT_STATUSES = (
    StatusPair("Не поступило", ""),
    StatusPair("Не зарегистрировано", ""),
    StatusPair("Находится на рассмотрении", "Назначен исполнитель"),
    StatusPair("Рассмотрение продлено", "Перенос срока обработки утвержден. Отправлен ответ Заявителю"),
    StatusPair("Рассмотрено. Разъяснено", "Отправлен ответ заявителю"),
    StatusPair("Рассмотрено. Поддержано", "Отправлен ответ заявителю"),
    StatusPair("Рассмотрено. Не поддержано", "Отправлен ответ заявителю"),
    StatusPair("Направлено по компетенции", "Направлено в подведомственную организацию"),
    StatusPair("Дан ответ автору", "Отправлен ответ заявителю"),
    StatusPair("Оставлено без ответа автору", "Отклонено модератором"),
)

POS_STATUSES = (
    "На модерации",
    "Отклонено модератором",
    "Направлено в подведомственную организацию",
    "Передано в вышестоящую организацию",
    "Назначен исполнитель",
    "Перенос срока обработки утвержден. Отправлен ответ Заявителю",
    "Отправлен ответ заявителю",
)
"""Statuses that the platform is known to show (protocols: platform, section 1.4)."""

SSTU_CODES = {
    "NotReceived": "Не поступило",
    "NotRecieved": "Не поступило",  # one producer's spelling on the wire
    "NotRegistered": "Не зарегистрировано",
    "InWork": "Находится на рассмотрении",
    "InWorkExtended": "Рассмотрение продлено",
    "Explained": "Рассмотрено. Разъяснено",
    "Supported": "Рассмотрено. Поддержано",
    "NotSupported": "Рассмотрено. Не поддержано",
    "Transferred": "Направлено по компетенции",
    "Answered": "Дан ответ автору",
    "LeftWithoutAnswer": "Оставлено без ответа автору",
}
"""Codes of the ССТУ upload record and the words for them."""
