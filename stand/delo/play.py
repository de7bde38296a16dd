"""ДЕЛО as one of the stand's SEDs: where it is, and how sedlink is set up to talk to it."""

from collections.abc import Mapping
from pathlib import Path

from config.i18n import _
from stand.delo.checks import Schemas
from stand.delo.clerk import Delo
from stand.seds import Place, Setting


class DeloAtPlay(Delo):
    """ДЕЛО that can tell of itself."""

    @property
    def places(self) -> tuple[Place, ...]:
        """The two folders of the exchange."""
        return (
            Place("to_sed", _("folder to the SED"), str(self.to_sed)),
            Place("from_sed", _("folder from the SED"), str(self.out.path)),
        )

    @property
    def secrets(self) -> Mapping[str, str]:
        """A folder wants no password."""
        return {}

    def settings(self, folder: Path) -> Mapping[str, object]:
        """Return sedlink's section."""
        return {
            "kind": "sev",
            "poll": "2s",
            "folder_out": str(self.to_sed.resolve()),
            "folder_in": str(self.out.path.resolve()),
            "folder_state": f"{folder}/sev-state",
            "sender": {"uid": "SEDLINK", "name": "Платформа обратной связи"},
            "recipient": {"uid": self.identity.index, "name": self.identity.organisation},
        }

    def hurry(self) -> Mapping[str, str]:
        """Return what a demo sets."""
        return {"poll": "1s", "settle": "0.1"}


def play(setting: Setting) -> DeloAtPlay:
    """Return ДЕЛО of the stand in its folders."""
    return DeloAtPlay(
        setting.folder / "to_sed", setting.folder / "from_sed",
        plans=setting.plans, ledger=setting.ledger, faults=setting.faults, pace=setting.pace,
        fsync=setting.fsync, schemas=Schemas(setting.schemas) if setting.schemas else None,
        rejected=setting.folder / "rejected",
    )  # fmt: skip
