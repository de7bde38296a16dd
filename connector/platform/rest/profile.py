"""The wire profile: paths, field names, words and limits of the platform's REST way, read from TOML.

The default ships as `profile.toml`. A file of the administrator's holds only the keys that differ.
"""

from collections.abc import Mapping
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

from config.i18n import _
from connector.appeal import ReplyKind
from connector.platform.profiles import ProfileError, load_profile_of
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
            update={
                name: _raise_part(getattr(self, name))
                for name in ("message", "reply", "history", "dictionaries")
            }
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
    return _loaded(None)


def load_profile(path: Path) -> Profile:
    """Return the default profile with the keys of a file put over it.

    Raises ProfileError, one sentence that names the file and every wrong key.
    """
    return _loaded(path)


def _loaded(path: Path | None) -> Profile:
    profile = load_profile_of(Profile, __package__, path)
    missing = [str(kind) for kind in ReplyKind if kind not in profile.kinds]
    if missing:
        raise ProfileError(
            _("wire profile {source}: no table [kinds.{kind}]").format(
                source=path or "profile.toml", kind=missing[0]
            )
        )
    return profile
