"""Directum as one of the stand's SEDs: where it is, and how sedlink is set up to talk to it."""

from collections.abc import Mapping
from pathlib import Path

from config.i18n import _
from stand.directum.clerk import PASSWORD, USER, Directum
from stand.seds import Place, Setting


class DirectumAtPlay(Directum):
    """Directum that can tell of itself."""

    @property
    def places(self) -> tuple[Place, ...]:
        """The address of the service."""
        return (Place("directum", _("Integration Service of Directum"), self.url),)

    @property
    def secrets(self) -> Mapping[str, str]:
        """The password of the account."""
        return {"directum": PASSWORD}

    def settings(self, folder: Path) -> Mapping[str, object]:
        """Return sedlink's section."""
        return {
            "kind": "directum",
            "poll": "2s",
            "url": self.url,
            "user": USER,
            "password": f"file:{folder}/secrets/directum",
            "key_field": "PosKey",
            "answer_field": "PosSend",
            "refusal_text_field": "PosRefusalText",
            "refusal_code_field": "PosRefusalCode",
            "annotations": {"Статус ПОС": "PosStatus", "Выгрузка в витрину ПОС": "PosExport"},
            "other_extension": "bin",
        }

    def hurry(self) -> Mapping[str, str]:
        """Return what a demo sets: a look-back as long as its longest write."""
        return {"poll": "1s", "look_back": "30s"}


def play(setting: Setting) -> DirectumAtPlay:
    """Return Directum of the stand on a free port."""
    return setting.served(DirectumAtPlay)
