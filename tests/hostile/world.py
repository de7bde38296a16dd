"""A whole installation on loopback and in folders: one cabinet over REST, one over exports, two SEDs."""

from contextlib import contextmanager

from config.load import load
from connector.appeal import conversation_key
from connector.runtime import open_runtime
from connector.sync import sync
from tests.connector.platform.loopback import LIST, Script, serving
from tests.connector.sed import medo_peer, sev_peer

CONFIGURATION = """
[journal]
database = "sqlite:///sedlink.db"
[platform]
test_url = "{url}"
oauth_client = "sed"
oauth_secret = "file:{secret}"
[[cabinet]]
opa_id = 77
name = "Управа Образцово"
client_id = "lko-77"
secret = "file:{secret}"
environment = "test"
sed = "delo"
[[cabinet]]
opa_id = 78
name = "Управа Таблицыно"
platform = "spreadsheet"
environment = "test"
sed = "medo"
[cabinet.spreadsheet]
folder_in = "exports"
folder_out = "answers"
settle = "0s"
[sed.delo]
kind = "sev"
folder_out = "delo/out"
folder_in = "delo/in"
folder_state = "delo/state"
settle = 0.0
sender = {{ uid = "0100000001", name = "Платформа" }}
recipient = {{ uid = "0100000002", name = "Администрация Примерска" }}
[sed.medo]
kind = "medo"
folder_out = "medo/ToSend"
folder_in = "medo/in"
folder_sent = "medo/Sended"
folder_error = "medo/Error"
folder_state = "medo/state"
settle = 0.0
patience = 0.0
sender = {{ uid = "11111111-1111-4111-8111-111111111111", name = "Платформа" }}
[sed.medo.recipient]
uid = "22222222-2222-4222-8222-222222222222"
name = "Администрация Примерска"
address = "PRIMER~MEDO"
"""


class World:
    """The installation, the peers that write to it, and what became of things."""

    def __init__(self, folder, url, script):
        self.folder, self.script = folder, script
        for name in ("delo", "medo", "exports", "answers"):
            (folder / name).mkdir()
        self.delo = sev_peer.FolderDelo(folder / "delo")
        self.medo = medo_peer.MailService(folder / "medo")
        (folder / "secret").touch(mode=0o600)
        (folder / "secret").write_text("cabinet-password", encoding="utf-8")
        (folder / "sedlink.toml").write_text(
            CONFIGURATION.format(url=url, secret=folder / "secret"), encoding="utf-8"
        )
        script.answer("POST", f"{LIST}", 200, {"success": True})

    def sync(self):
        """Do what `sedlink sync` does."""
        from connector.journal.opening import upgrade_database

        settings = load(self.folder / "sedlink.toml", environ={})
        upgrade_database(settings)
        runtime = open_runtime(settings)
        try:
            self.report = sync(runtime)
            journal = runtime.journal
            self.parked = {one.platform_id: f"{one.stage}: {one.sentence}" for one in journal.dead()}
            self.notes = [str(one) for one in journal.noted("unreadable")]
            self.paused = {one.name: one.sentence for one in journal.channels() if one.failures}
            self.rounds = {(one.opa_id, one.platform_id): str(one.state) for one in journal.rounds()}
            self.trails = {
                (one.opa_id, one.platform_id): [
                    entry.what for entry in journal.trail(one.opa_id, one.platform_id)
                ]
                for platform_id in self._known
                for one in journal.find_conversations(platform_id)
            }
        finally:
            runtime.close()

    _known: tuple[str, ...] = ()

    def watch(self, *platform_ids):
        """Name the messages whose trails are wanted."""
        self._known = platform_ids

    def key(self, platform_id):
        """Return the key under which a SED knows a message."""
        return conversation_key(77, platform_id, 1)


@contextmanager
def world(folder):
    """Set everything up in a folder."""
    script = Script()
    with serving(script) as url:
        yield World(folder, url, script)
