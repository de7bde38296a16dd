"""The administrator's page names every setting, event, kind of message and reason."""

from dataclasses import fields

from connector.appeal import EventKind
from connector.sed.medo.settings import MedoSettings
from connector.sed.medo.words import REASONS_26, MessageKind, NoticeKind
from tests.conftest import ROOT

PAGE = (ROOT / "docs" / "sed-medo.md").read_text(encoding="utf-8")


def test_every_setting_is_documented():
    assert [one.name for one in fields(MedoSettings) if f"`{one.name}`" not in PAGE] == []


def test_every_event_is_documented():
    assert [kind for kind in EventKind if f"`{kind}`" not in PAGE] == []


def test_every_kind_of_message_and_reason_is_documented():
    words = [*MessageKind, *NoticeKind]
    assert [word for word in words if word not in PAGE] == []
    assert [
        f"{number} {word}" for number, word in enumerate(REASONS_26, 1) if f"| {number} {word} |" not in PAGE
    ] == []
