"""Wire profiles: a model's values from the TOML that ships beside it, changes laid over them."""

import difflib
import json
import tomllib
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import TypeVar, cast

from pydantic import BaseModel, ValidationError

from config import toml
from config.i18n import _

_Model = TypeVar("_Model", bound=BaseModel)
_FILE = "profile.toml"


class ProfileError(ValueError):
    """A profile that cannot be used; the text names the file and the key and says what is wrong."""


def load_profile_of(model: type[_Model], package: str, path: Path | None) -> _Model:
    """Return the package's `profile.toml` with the keys of a file, if one is named, put over it.

    Raises ProfileError, one sentence that names the file and every wrong key.
    """
    defaults = toml.parse(files(package).joinpath(_FILE).read_text(encoding="utf-8"))
    values = defaults if path is None else _merged(defaults, _changes(path))
    source = _FILE if path is None else str(path)
    try:
        # through JSON: there a list may be a tuple and a key an enum's member; all else stays strict
        return model.model_validate_json(json.dumps(values, default=str))
    except ValidationError as error:
        raise ProfileError(_describe(error, source, defaults)) from error


def _changes(path: Path) -> dict[str, object]:
    try:
        return toml.parse(path.read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ProfileError(
            _("wire profile {path} cannot be read: {error}").format(path=path, error=error)
        ) from error


def _merged(base: Mapping[str, object], changes: Mapping[str, object]) -> dict[str, object]:
    result = dict(base)
    for key, value in changes.items():
        below = result.get(key)
        both = isinstance(value, dict) and isinstance(below, dict)
        result[key] = _merged(below, value) if both else value  # type: ignore[arg-type]  # both are tables
    return result


def _describe(error: ValidationError, source: str, defaults: Mapping[str, object]) -> str:
    lines = []
    for fault in error.errors(include_url=False, include_context=False, include_input=False):
        key = ".".join(str(part) for part in fault["loc"])
        if fault["type"] == "extra_forbidden":
            lines.append(_("unknown key {key}{hint}").format(key=key, hint=_hint(fault["loc"], defaults)))
        else:
            lines.append(f"{key}: {fault['msg'].removeprefix('Value error, ')}")
    return _("wire profile {source}: {faults}").format(source=source, faults="; ".join(lines))


def _hint(location: tuple[int | str, ...], defaults: Mapping[str, object]) -> str:
    known: object = defaults
    for part in location[:-1]:
        known = known.get(str(part), {}) if isinstance(known, dict) else {}
    near = difflib.get_close_matches(str(location[-1]), list(cast("dict[str, object]", known)), n=1)
    return _(", did you mean {name}?").format(name=near[0]) if near else ""
