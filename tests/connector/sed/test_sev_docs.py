"""The administrator's page names every setting, every source of a field and every event."""

from dataclasses import fields
from pathlib import Path

from connector.appeal import EventKind
from connector.sed.sev.settings import FIELD_SOURCES, SevSettings

PAGE = (Path(__file__).parents[3] / "docs" / "sed-delo-sev.md").read_text(encoding="utf-8")


def test_every_setting_is_documented():
    assert [one.name for one in fields(SevSettings) if f"`{one.name}`" not in PAGE] == []


def test_every_source_of_an_additional_field_is_documented():
    assert [name for name in sorted(FIELD_SOURCES) if f"`{name}`" not in PAGE] == []


def test_every_event_is_documented():
    assert [kind for kind in EventKind if f"`{kind}`" not in PAGE] == []


def test_fields_to_create_are_named():
    for name in ("Сообщение ПОС №", "Статус ПОС", "Выгрузка в витрину ПОС", "Раунд ПОС", "Ответ в ПОС"):
        assert name in PAGE
