"""The wire profile: paths, field names, words and limits of the platform's REST way, read from TOML.

The default ships as `profile.toml`. A file of the administrator's holds only the keys that differ.
"""

import difflib
import json
import tomllib
from collections.abc import Mapping
from fnmatch import fnmatchcase
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TypeVar, cast
from urllib.parse import urlsplit

from pydantic import ValidationError

from config.i18n import _
from connector.appeal import ReplyKind
from connector.platform.rest.names import (
    DictionaryNames,
    Environments,
    HistoryNames,
    KindWords,
    Limits,
    MessageNames,
    Paging,
    Part,
    Paths,
    ReplyNames,
    TokenWords,
    UploadNames,
)

_Model = TypeVar("_Model", bound=Part)


class ProfileError(ValueError):
    """A profile that cannot be used; the text names the file and the key and says what is wrong."""


class Profile(Part):
    """Everything of the wire that may change without a change of code."""

    name: str
    paths: Paths
    token: TokenWords
    paging: Paging
    upload: UploadNames
    limits: Limits
    environments: Environments
    message: MessageNames
    reply: ReplyNames
    kinds: Mapping[ReplyKind, KindWords]
    history: HistoryNames
    dictionaries: DictionaryNames

    def environment(self, base_url: str) -> str:
        """Return `test`, `production` or, for a host that no pattern knows, an empty string."""
        host = (urlsplit(base_url).hostname or "").lower()
        for environment in ("test", "production"):
            if any(fnmatchcase(host, pattern) for pattern in getattr(self.environments, environment)):
                return environment
        return ""

    def raised(self) -> "Profile":
        """Return the profile as SMEV spells it: every field's first letter in upper case (platform.md 2)."""
        return self.model_copy(
            update={"message": _raise_part(self.message), "reply": _raise_part(self.reply)}
        )


def _raise_part(part: _Model) -> _Model:
    return part.model_copy(update={key: _raise_value(getattr(part, key)) for key in type(part).model_fields})


def _raise_value(value: object) -> object:
    if isinstance(value, Part):
        return _raise_part(value)
    if isinstance(value, tuple):
        return tuple(_raise_value(item) for item in value)
    if isinstance(value, str):
        return ".".join(word[:1].upper() + word[1:] for word in value.split("."))
    return value


@cache
def default_profile() -> Profile:
    """Return the profile that ships with sedlink."""
    return _validated(_default_values(), "profile.toml")


def load_profile(path: Path) -> Profile:
    """Return the default profile with the keys of a file put over it.

    Raises ProfileError, one sentence that names the file and every wrong key.
    """
    try:
        changes = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ProfileError(
            _("wire profile {path} cannot be read: {error}").format(path=path, error=error)
        ) from error
    return _validated(_merged(_default_values(), changes), str(path))


def _default_values() -> dict[str, object]:
    return tomllib.loads(files(__package__).joinpath("profile.toml").read_text(encoding="utf-8"))


def _merged(base: Mapping[str, object], changes: Mapping[str, object]) -> dict[str, object]:
    result = dict(base)
    for key, value in changes.items():
        below = result.get(key)
        both = isinstance(value, dict) and isinstance(below, dict)
        result[key] = _merged(below, value) if both else value  # type: ignore[arg-type]  # both are tables
    return result


def _validated(values: dict[str, object], source: str) -> Profile:
    try:
        # through JSON: there a list may be a tuple and a key an enum's member; all else stays strict
        profile = Profile.model_validate_json(json.dumps(values, default=str))
    except ValidationError as error:
        raise ProfileError(_describe(error, source)) from error
    missing = [str(kind) for kind in ReplyKind if kind not in profile.kinds]
    if missing:
        raise ProfileError(
            _("wire profile {source}: no table [kinds.{kind}]").format(source=source, kind=missing[0])
        )
    return profile


def _describe(error: ValidationError, source: str) -> str:
    lines = []
    for fault in error.errors(include_url=False, include_context=False, include_input=False):
        key = ".".join(str(part) for part in fault["loc"])
        if fault["type"] == "extra_forbidden":
            lines.append(_("unknown key {key}{hint}").format(key=key, hint=_hint(fault["loc"])))
        else:
            lines.append(f"{key}: {fault['msg'].removeprefix('Value error, ')}")
    return _("wire profile {source}: {faults}").format(source=source, faults="; ".join(lines))


def _hint(location: tuple[int | str, ...]) -> str:
    known: object = _default_values()
    for part in location[:-1]:
        known = known.get(str(part), {}) if isinstance(known, dict) else {}
    near = difflib.get_close_matches(str(location[-1]), list(cast("dict[str, object]", known)), n=1)
    return _(", did you mean {name}?").format(name=near[0]) if near else ""
