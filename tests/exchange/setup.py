"""Writes what an administrator would: a configuration for the stand, secrets in files of their own."""

from pathlib import Path

from stand.running import Stand

CABINET = """
[[cabinet]]
opa_id = {opa_id}
name = "{name}"
client_id = "{client_id}"
secret = "file:{secret}"
environment = "test"
sed = "delo"
poll = "1s"
"""

WHOLE = """
[journal]
database = "{database}"
backoff_first = "1s"
backoff_cap = "2s"

[platform]
test_url = "{url}"
oauth_client = "{client}"
oauth_secret = "file:{secret}"
timeouts = {{ connect = "30s", read = "30s" }}

[sed.delo]
kind = "sev"
poll = "1s"
folder_out = "{out}"
folder_in = "{into}"
folder_state = "state"
settle = 0.05
sender = {{ uid = "SEDLINK", name = "Платформа" }}
recipient = {{ uid = "{index}", name = "Стенд" }}

[daemon]
workers = 2
batch = 8
"""

MAIL = """
[mail]
host = "127.0.0.1"
port = {port}
security = "none"
sender = "sedlink@example.org"
recipients = ["operator@example.org"]
"""


def write_configuration(folder: Path, stand: Stand, *, database: str = "sqlite:///sedlink.db") -> Path:
    """Return the path of a configuration that connects sedlink to the stand."""
    text = WHOLE.format(
        database=database,
        url=stand.base_url,
        client=stand.oauth.name,
        secret=_secret(folder, "oauth", stand.oauth.secret),
        out=stand.to_sed,
        into=stand.from_sed,
        index=stand.sed.identity.index,
    )
    for cabinet in stand.cabinets:
        secret = _secret(folder, str(cabinet.opa_id), cabinet.secret)
        text += CABINET.format(
            opa_id=cabinet.opa_id, name=cabinet.name, client_id=cabinet.client_id, secret=secret
        )
    path = folder / "sedlink.toml"
    path.write_text(text, encoding="utf-8")
    return path


def add_mail(path: Path, stand: Stand) -> None:
    """Let a configuration send its mails to the stand's mailbox."""
    with path.open("a", encoding="utf-8") as file:
        file.write(MAIL.format(port=stand.mail_port))


def _secret(folder: Path, name: str, value: str) -> Path:
    path = folder / f"{name}.secret"
    path.touch(mode=0o600)
    path.write_text(value, encoding="utf-8")
    return path
