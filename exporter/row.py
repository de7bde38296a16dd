"""What a source yields: a fact with what is odd about it, or why there is no fact at all."""

from dataclasses import dataclass, replace

from exporter.fact import Fact


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with a row; `code` stands in reasons.py, which says what to do about it."""

    code: str
    value: str = ""  # what stands there; never personal data
    place: str = ""  # cell or field, as a person finds it


@dataclass(slots=True, unsafe_hash=True)  # not frozen for the reason that fact.py gives; nothing changes one
class Row:
    """One row of a source. `place` and `link` lead a person to it; `fact` bears at least the key."""

    fact: Fact
    problems: tuple[Problem, ...] = ()
    place: str = ""
    link: str = ""
    closed: bool = False  # the source says that the question is done, with or without a date
    withdrawn: bool = False  # by the applicant: no answer is due any more
    message: str = ""  # the exchange's key of its message or the platform's number; empty = of another origin

    def with_problems(self, *more: Problem) -> "Row":
        """Return the row with more problems."""
        return replace(self, problems=(*self.problems, *more)) if more else self
