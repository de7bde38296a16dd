"""What the relay is wired to: cabinets with their platform, SEDs, the crosswalk."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from connector.appeal import Appeal, Question
from connector.lifecycle import StatusTable
from connector.platform import Platform
from connector.sed import Sed


@dataclass(frozen=True, slots=True)
class CabinetLink:
    """A cabinet with everything its messages need."""

    opa_id: int
    name: str
    platform: Platform
    sed: str  # the name of its SED in the configuration
    statuses: StatusTable

    @property
    def channel(self) -> str:
        """The journal's name for the way to the platform: one per cabinet, so a failure is its own."""
        return f"platform:{self.opa_id}"

    @property
    def sed_channel(self) -> str:
        """The journal's name for the way to the SED."""
        return sed_channel(self.sed)


def sed_channel(name: str) -> str:
    """Return the journal's channel name of a SED."""
    return f"sed:{name}"


class Classifier(Protocol):
    """Puts the national classifier's code on a question, by the active crosswalk."""

    def count(self, appeals: Sequence[Appeal]) -> None:
        """Count the categories of items that went to a SED: what coverage and the work list stand on."""
        ...

    def __call__(self, appeal: Appeal, question: Question) -> Question:
        """Return the question with `code` and `code_why`; without a code when a clerk is to choose.

        Raises MappingError when the cabinet's policy is to hold what has no rule.
        """
        ...


@dataclass(frozen=True, slots=True)
class Links:
    """Everything the relay talks to, as the configuration of the moment has it."""

    cabinets: Mapping[int, CabinetLink]
    seds: Mapping[str, Sed]
    classify: Classifier
