"""Exports «Сообщения» for tests, as the platform's cabinet writes them."""

import os
import time

import openpyxl

from connector.platform.spreadsheet import default_sheet_profile

COLUMNS = default_sheet_profile().columns
LINE = {
    "number": "77-1", "epgu_number": "123456", "channel": "Виджет", "top_cabinet": "Правительство",
    "category": "Дороги", "subcategory": "Ямы во дворах", "fact": "-", "first_organisation": "Город",
    "organisation": "Управа", "received": "01.02.2026", "due": "03.03.2026", "finished": "-",
    "stage": "В работе", "status": "Обращение принято в работу", "overdue": "Нет", "fast_track": "Да",
    "law": "Нет", "law_chosen": "Нет", "decision": "-", "mailed": "-", "rating": "-", "repeated": "Нет",
    "coordinator": "-", "executor": "-", "manager": "-",
}  # fmt: skip


def write_export(path, *lines, order=None, without=(), age=60):
    """Write lines, each a dict of what differs from LINE; the file looks `age` seconds old."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "Sheet0"
    names = [name for name in (order or LINE) if name not in without]
    sheet.append([getattr(COLUMNS, name) for name in names])
    for line in lines:
        sheet.append([(LINE | line)[name] for name in names])
    path.parent.mkdir(parents=True, exist_ok=True)
    book.save(path)
    past = time.time() - age
    os.utime(path, (past, past))
    return path
