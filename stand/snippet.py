"""A ready-made configuration file of sedlink for a running stand, with the secrets in files of their own."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from stand.words import Cabinet

if TYPE_CHECKING:
    from stand.running import Stand

_BARE = re.compile(r"[A-Za-z0-9_-]+")


def write_config(stand: "Stand", folder: Path) -> Path:
    """Write `sedlink.toml` and its secret files (mode 600) into the folder; return the file's path.

    A file that is there already was perhaps edited: it is kept, and the new one is `sedlink.new.toml`.
    """
    folder = folder.resolve()
    secrets = folder / "secrets"
    secrets.mkdir(mode=0o700, parents=True, exist_ok=True)
    values = {f"cabinet-{cabinet.opa_id}": cabinet.secret for cabinet in stand.cabinets}
    for name, value in {"oauth": stand.oauth.secret, **values, **stand.sed.secrets}.items():
        path = secrets / name
        path.touch(mode=0o600)
        path.write_text(value, encoding="utf-8")
    text = config_text(stand, folder)
    path = folder / "sedlink.toml"
    if path.exists() and path.read_text(encoding="utf-8") != text:
        path = folder / "sedlink.new.toml"
    path.write_text(text, encoding="utf-8")
    return path


def config_text(stand: "Stand", folder: Path) -> str:
    """Return the configuration; its paths are absolute, so it may be copied anywhere on this machine."""
    lines = [
        "[platform]",
        f"test_url = {_quoted(stand.base_url)}",
        f"oauth_client = {_quoted(stand.oauth.name)}",
        f"oauth_secret = {_quoted(f'file:{folder}/secrets/oauth')}",
    ]
    for cabinet in stand.cabinets:
        lines += _cabinet(cabinet, stand.sed_section, folder)
    lines += _sed(stand, folder) + _mail(stand)
    return "\n".join(lines) + "\n"


def _cabinet(cabinet: Cabinet, sed: str, folder: Path) -> list[str]:
    return [
        "",
        "[[cabinet]]",
        f"opa_id = {cabinet.opa_id}",
        f"name = {_quoted(cabinet.name)}",
        f"client_id = {_quoted(cabinet.client_id)}",
        f"secret = {_quoted(f'file:{folder}/secrets/cabinet-{cabinet.opa_id}')}",
        'environment = "test"',
        f"sed = {_quoted(sed)}",
        f'region_id = "{cabinet.region_id}"',
        'poll = "5s"',
    ]


def _sed(stand: "Stand", folder: Path) -> list[str]:
    settings = stand.sed.settings(folder)
    return [
        "",
        f"[sed.{stand.sed_section}]",
        *(f"{name} = {_toml(value)}" for name, value in settings.items()),
    ]


def _mail(stand: "Stand") -> list[str]:
    return [
        "",
        "[mail]",
        'host = "127.0.0.1"',
        f"port = {stand.mail_port}",
        'security = "none"',
        'sender = "sedlink@example.org"',
        'recipients = ["operator@example.org"]',
    ]


def _toml(value: object) -> str:
    """Return a value in TOML; tables are written inline."""
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{_key(name)} = {_toml(one)}" for name, one in value.items()) + " }"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_toml, value)) + "]"
    if isinstance(value, bool | int | float):
        return json.dumps(value)
    return _quoted(str(value))


def _key(name: str) -> str:
    return name if _BARE.fullmatch(name) else _quoted(name)


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)  # a TOML basic string is a JSON string
