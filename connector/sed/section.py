"""From a section of the configuration to an adapter's own settings dataclass, every mistake named."""

import difflib
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, TypeVar, get_args, get_origin, get_type_hints

from pydantic import BeforeValidator, TypeAdapter, ValidationError

from config.i18n import _
from config.values import parse_duration

T = TypeVar("T")
# a setting in seconds, written as a number or as a duration: 90, "15 min"
Seconds = Annotated[
    float,
    BeforeValidator(lambda value: parse_duration(value).total_seconds() if isinstance(value, str) else value),
]


def read_section(kind: type[T], section: Mapping[str, object], folder: Path) -> T:
    """Return the settings; relative paths are relative to `folder`. Raises ValueError, a mistake a line."""
    known = [field.name for field in fields(kind)]  # type: ignore[arg-type]  # every adapter's is a dataclass
    if unknown := sorted(section.keys() - set(known)):
        raise ValueError("\n".join(_unknown(name, known) for name in unknown))
    hints = get_type_hints(kind)
    anchored = {
        name: folder / value if isinstance(value, str) and _is_path(hints[name]) else value
        for name, value in section.items()
    }
    try:
        return TypeAdapter(kind).validate_python(anchored)
    except ValidationError as error:
        raise ValueError(
            "\n".join(_problem(problem) for problem in error.errors(include_url=False))
        ) from error


def _unknown(name: str, known: list[str]) -> str:
    close = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    if close:
        return f"{name}: " + _("unknown key; did you mean {name}?").format(name=close[0])
    return f"{name}: " + _("unknown key; known ones: {names}").format(names=", ".join(known))


def _is_path(hint: object) -> bool:
    return hint is Path or (get_origin(hint) is UnionType and Path in get_args(hint))


def _problem(problem: Any) -> str:  # noqa: ANN401 - pydantic's own record of a mistake
    place = ".".join(map(str, problem["loc"]))
    if problem["type"] == "value_error":
        text = str(problem["ctx"]["error"])
        return f"{place}: {text}" if place else text
    if problem["type"] in ("missing", "missing_argument", "missing_keyword_only_argument"):
        return f"{place}: " + _("must be set")
    return f"{place}: {problem['msg']}"
