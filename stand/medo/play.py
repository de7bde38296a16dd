"""МЭДО as one of the stand's SEDs: where it is, and how sedlink is set up to talk to it."""

from collections.abc import Mapping
from pathlib import Path

from config.i18n import _
from stand.medo.reading import Schemas
from stand.medo.sed import MedoStand
from stand.seds import Place, Setting

_PLATFORM = "5edc0de0-0000-4000-8000-000000000001"


class MedoAtPlay(MedoStand):
    """The SED behind МЭДО that can tell of itself."""

    @property
    def places(self) -> tuple[Place, ...]:
        """The folders of the mail service."""
        return (
            Place("to_sed", _("folder to the SED"), str(self.mail.to_send)),
            Place("from_sed", _("folder from the SED"), str(self.mail.unloaded)),
            Place("sent", _("folder of what was sent"), str(self.mail.sent)),
            Place("error", _("folder of what could not be sent"), str(self.mail.error)),
        )

    @property
    def secrets(self) -> Mapping[str, str]:
        """A folder wants no password."""
        return {}

    def settings(self, folder: Path) -> Mapping[str, object]:
        """Return sedlink's section."""
        me = self.identity
        return {
            "kind": "medo",
            "poll": "2s",
            "folder_out": str(self.mail.to_send.resolve()),
            "folder_in": str(self.mail.unloaded.resolve()),
            "folder_sent": str(self.mail.sent.resolve()),
            "folder_error": str(self.mail.error.resolve()),
            "folder_state": f"{folder}/medo-state",
            "sender": {"uid": _PLATFORM, "name": "Платформа обратной связи"},
            "recipient": {"uid": me.uid, "name": me.organisation, "address": me.box},
        }

    def hurry(self) -> Mapping[str, str]:
        """Return what a demo sets."""
        return {"poll": "1s", "settle": "0.1"}


def play(setting: Setting) -> MedoAtPlay:
    """Return the SED behind МЭДО in its folders."""
    return MedoAtPlay(
        setting.folder / "medo", plans=setting.plans, ledger=setting.ledger, faults=setting.faults,
        pace=setting.pace, fsync=setting.fsync,
        schemas=Schemas(setting.schemas) if setting.schemas else None,
    )  # fmt: skip
