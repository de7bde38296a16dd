"""ELMA365 as one of the stand's SEDs: where it is, and how sedlink is set up to talk to it."""

from collections.abc import Mapping
from pathlib import Path

from config.i18n import _
from stand.elma365.clerk import Elma
from stand.elma365.model import APPEALS, DIRECTORY, NAMESPACE, QUESTIONS
from stand.seds import Place, Setting


class ElmaAtPlay(Elma):
    """ELMA365 that can tell of itself."""

    @property
    def places(self) -> tuple[Place, ...]:
        """The address of the API."""
        return (Place("elma365", _("public API of ELMA365"), f"{self.http.base_url}/pub/v1"),)

    @property
    def secrets(self) -> Mapping[str, str]:
        """The token of sedlink's account."""
        return {"elma365": self.token}

    def settings(self, folder: Path) -> Mapping[str, object]:
        """Return sedlink's section."""
        return {
            "kind": "elma365",
            "poll": "2s",
            "url": self.http.base_url,
            "token": f"file:{folder}/secrets/elma365",
            "namespace": NAMESPACE,
            "app": APPEALS,
            "questions": QUESTIONS,
            "directory": DIRECTORY,
            "annotations": {"Статус ПОС": "pos_status", "Выгрузка в витрину ПОС": "pos_export"},
        }

    def hurry(self) -> Mapping[str, str]:
        """Return what a demo sets: a look-back as long as its longest write."""
        return {"poll": "1s", "look_back": "30s"}


def play(setting: Setting) -> ElmaAtPlay:
    """Return ELMA365 of the stand on a free port."""
    return setting.served(ElmaAtPlay)
