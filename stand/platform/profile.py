"""The words of the platform's wire, read from `profile.toml`."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files


@dataclass(frozen=True, slots=True)
class StatusText:
    """What a statusText means: the life-cycle code, and interim.*, postponed or final."""

    code: str
    kind: str


@dataclass(frozen=True, slots=True)
class Profile:
    """The platform's words."""

    interim_statuses: frozenset[str]
    final_statuses: frozenset[str]
    status_texts: Mapping[str, StatusText]
    history: Mapping[str, str]
    answer_types: Mapping[str, str]


@cache
def default_profile() -> Profile:
    """Return the profile that ships with the stand."""
    data = tomllib.loads(files("stand.platform").joinpath("profile.toml").read_text(encoding="utf-8"))
    return Profile(
        interim_statuses=frozenset(data["statuses"]["interim"]),
        final_statuses=frozenset(data["statuses"]["final"]),
        status_texts={text: StatusText(**row) for text, row in data["status_texts"].items()},
        history=data["history"],
        answer_types=data["answer_types"],
    )
