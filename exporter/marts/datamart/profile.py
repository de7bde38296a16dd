"""The profile of a mart's table: columns, order, types, limits. TOML; the shipped one is ours."""

import tomllib
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from config import toml
from config.i18n import _
from exporter.fact import COLUMNS
from exporter.marts import MartError

Kind = Literal["text", "integer", "boolean", "date", "datetime"]
Name = Annotated[str, Field(pattern=r"^[a-z_][a-z0-9_]*$")]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Column(_Section):
    """A column of the mart's table and the fact's column it is made of."""

    name: Name
    source: Annotated[str, Field(alias="from")]
    type: Kind
    required: bool = False
    max_length: Annotated[int, Field(gt=0)] | None = None

    @model_validator(mode="after")
    def _known(self) -> Self:
        if self.source not in (*COLUMNS, "key"):
            raise ValueError(_("there is no fact column {name}").format(name=self.source))
        return self


class Profile(_Section):
    """The whole profile; exactly one column is made of `key`."""

    table: Name
    column: Annotated[tuple[Column, ...], Field(min_length=1)]
    max_file_bytes: Annotated[int, Field(ge=1024)] = 32 << 20
    max_bytes_in_flight: Annotated[int, Field(ge=1024)] = 500_000_000

    @model_validator(mode="after")
    def _one_key(self) -> Self:
        names = [column.name for column in self.column]
        if len(set(names)) != len(names):
            raise ValueError(_("a column stands twice"))
        if [column.source for column in self.column].count("key") != 1:
            raise ValueError(_('exactly one column must have from = "key"'))
        return self

    @property
    def key(self) -> Column:
        """The key column."""
        return next(column for column in self.column if column.source == "key")


def load_profile(path: Path | None) -> Profile:
    """Read a profile; None = the shipped one. Raises MartError that names the place."""
    try:
        if path is None:
            text = files("exporter.marts.datamart").joinpath("profile.toml").read_text(encoding="utf-8")
        else:
            text = path.read_text(encoding="utf-8")
        return Profile.model_validate(toml.parse(text))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise MartError(
            _("{file}: {where}: {what}").format(file=path, where=where, what=first["msg"])
        ) from error
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise MartError(f"{path}: {error}") from error
