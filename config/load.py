"""Find, read and check the configuration file; every problem is told at once, with its place."""

import difflib
import os
import re
import stat
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from config import toml
from config.i18n import _
from config.settings import CabinetSettings, JournalSettings, Settings

ENVIRONMENT_PREFIX = "SEDLINK__"
S = TypeVar("S", bound=BaseModel)
PLACES = (Path("sedlink.toml"), Path("/etc/sedlink/sedlink.toml"))


class SettingsError(Exception):
    """The configuration cannot be used; the text lists every problem, a line each."""

    def __init__(self, source: str, problems: list[str]) -> None:
        super().__init__("\n".join(f"{source}: {problem}" for problem in problems))
        self.source = source
        self.problems = problems


def find(path: Path | None = None, *, environ: Mapping[str, str] = os.environ) -> Path:
    """Return the configuration file: the one named, else $SEDLINK_CONFIG, else a usual place.

    Raises SettingsError when there is none.
    """
    named = path or (Path(environ["SEDLINK_CONFIG"]) if environ.get("SEDLINK_CONFIG") else None)
    if named:
        if named.is_file():
            return named
        raise SettingsError(str(named), [_("there is no such file")])
    for place in PLACES:
        if place.is_file():
            return place
    raise SettingsError(
        "sedlink.toml",
        [_("no configuration file: `sedlink config example > sedlink.toml` writes one to start from")],
    )


def load(path: Path, *, environ: Mapping[str, str] = os.environ) -> Settings:
    """Read the file, lay the environment over it, check everything. Raises SettingsError.

    Relative paths of the file are relative to the file.
    """
    tree = read_tree(path, environ=environ)
    try:
        settings = Settings.model_validate(tree)
    except ValidationError as error:
        raise SettingsError(str(path), list(_problems(error, tree))) from error
    return _anchored(settings, path.resolve().parent)


def read_tree(path: Path, *, environ: Mapping[str, str] = os.environ) -> dict[str, Any]:
    """Return the file with the environment over it, nothing else checked. Raises SettingsError."""
    try:
        if path.stat().st_mode & stat.S_IWOTH:  # whoever writes here gets every password sent to himself
            raise SettingsError(
                str(path), [_("every user may write to it: run chmod o-w {path}").format(path=path)]
            )
        tree = toml.parse(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingsError(str(path), [str(error)]) from error
    overlay(tree, environ)
    return tree


def overlay(tree: dict[str, Any], environ: Mapping[str, str]) -> None:
    """Lay `SEDLINK__SECTION__KEY` variables over the tree; a cabinet is named by its id.

    Raises SettingsError for a variable that names a cabinet which is not in the file.
    """
    for name, value in sorted(environ.items()):
        if not name.startswith(ENVIRONMENT_PREFIX):
            continue
        *sections, key = name.removeprefix(ENVIRONMENT_PREFIX).lower().split("__")
        if sections[:1] == ["cabinet"]:
            node = _cabinet(tree, name, sections)
        else:
            node = tree
            for section in sections:
                node = node.setdefault(section, {})
        node[key] = _number(value)


def _number(value: str) -> int | float | str:
    """A variable has no types: what looks like a number of TOML is one."""
    if value.isdecimal():
        return int(value)
    return float(value) if re.fullmatch(r"\d+\.\d+", value) else value


def _cabinet(tree: dict[str, Any], variable: str, sections: list[str]) -> dict[str, Any]:
    for cabinet in tree.get("cabinet", []):
        if len(sections) == 2 and str(cabinet.get("opa_id")) == sections[1]:
            found: dict[str, Any] = cabinet
            return found
    raise SettingsError(
        variable, [_("names no cabinet of the file: write SEDLINK__CABINET__<opa_id>__<KEY>")]
    )


def _problems(error: ValidationError, tree: Mapping[str, Any]) -> Iterator[str]:
    for problem in error.errors(include_url=False, include_input=False):
        place = _place(problem["loc"], tree)
        if problem["type"] == "extra_forbidden":
            yield f"{place}: " + _did_you_mean(problem["loc"])
        elif problem["type"] == "value_error":
            text = str(problem["ctx"]["error"])
            yield from ([f"{place}: {text}"] if place else text.splitlines())
        elif problem["type"] == "missing":
            yield f"{place}: " + _("must be set")
        else:
            yield f"{place}: {_sentence(problem)}"


def _sentence(problem: ErrorDetails) -> str:
    """Say the usual mistakes in the user's language; the rare ones keep the checker's own words."""
    limits = problem.get("ctx", {})
    sentences = {
        "literal_error": lambda: _("use one of {allowed}").format(allowed=limits["expected"]),
        "int_parsing": lambda: _("must be a whole number"),
        "int_type": lambda: _("must be a whole number"),
        "bool_parsing": lambda: _("must be true or false"),
        "string_type": lambda: _("must be text in quotes"),
        "greater_than": lambda: _("must be more than {limit}").format(limit=limits["gt"]),
        "greater_than_equal": lambda: _("must be at least {limit}").format(limit=limits["ge"]),
        "less_than_equal": lambda: _("must be at most {limit}").format(limit=limits["le"]),
    }
    known = sentences.get(problem["type"])
    return known() if known else problem["msg"]


def _place(loc: tuple[int | str, ...], tree: Mapping[str, Any]) -> str:
    """`cabinet[opa_id=101].secret` rather than `cabinet.0.secret`."""
    if len(loc) > 1 and loc[0] == "cabinet" and isinstance(loc[1], int):
        opa_id = tree["cabinet"][loc[1]].get("opa_id", f"#{loc[1] + 1}")
        return ".".join([f"cabinet[opa_id={opa_id}]", *map(str, loc[2:])])
    return ".".join(map(str, loc))


def _did_you_mean(loc: tuple[int | str, ...]) -> str:
    model: Any = Settings
    for part in loc[:-1]:
        field = model.model_fields.get(part) if isinstance(part, str) else None
        if field is not None:
            model = _model_of(field.annotation)
    close = difflib.get_close_matches(str(loc[-1]), list(model.model_fields), n=1, cutoff=0.5)
    if close:
        return _("unknown key; did you mean {name}?").format(name=close[0])
    return _("unknown key; known ones: {names}").format(names=", ".join(model.model_fields))


def _model_of(annotation: Any) -> type[BaseModel]:  # noqa: ANN401 - a type expression
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for argument in getattr(annotation, "__args__", ()):
        if isinstance(argument, type) and issubclass(argument, BaseModel):
            return argument
    return Settings


def anchored_journal(journal: JournalSettings, folder: Path) -> JournalSettings:
    """Return the section with its relative paths made relative to a folder."""
    database = _anchored_url(journal.database, folder)
    return journal.model_copy(update={"database": database, "files": folder / journal.files})


def _anchored(settings: Settings, folder: Path) -> Settings:
    journal = anchored_journal(settings.journal, folder)
    platform = _with_paths(settings.platform, folder, "profile", "ca_file")
    mail = _with_paths(settings.mail, folder, "ca_file")
    export = _with_paths(settings.export, folder, "definitions", "calendar")
    export = export.model_copy(update={"mart": _anchored_url(export.mart, folder)})
    if platform.smev:
        platform = platform.model_copy(
            update={"smev": _with_paths(platform.smev, folder, "profile", "folder")}
        )
    datamart = {
        name: _with_paths(section, folder, "profile", "ca_file", "folder")
        for name, section in settings.datamart.items()
    }
    cabinets = tuple(_anchored_cabinet(cabinet, folder) for cabinet in settings.cabinet)
    parts = {
        "journal": journal, "platform": platform, "mail": mail, "export": export, "datamart": datamart,
        "cabinet": cabinets,
    }  # fmt: skip
    anchored = settings.model_copy(update=parts)
    anchored._folder = folder  # noqa: SLF001 - set once, by the loader alone
    return anchored


def _anchored_cabinet(cabinet: CabinetSettings, folder: Path) -> CabinetSettings:
    if cabinet.spreadsheet is None:
        return cabinet
    names = ("folder_in", "folder_out", "folder_state", "profile")
    return cabinet.model_copy(update={"spreadsheet": _with_paths(cabinet.spreadsheet, folder, *names)})


def _anchored_url(url: str, folder: Path) -> str:
    """Put the folder before a relative path of an embedded database."""
    kind, found, path = url.partition(":///")
    if not found or kind not in ("sqlite", "duckdb") or path.startswith("/") or path == ":memory:":
        return url
    return f"{kind}:///{folder / path}"


def _with_paths(section: S, folder: Path, *names: str) -> S:
    paths = {name: folder / value for name in names if (value := getattr(section, name)) is not None}
    return section.model_copy(update=paths)
