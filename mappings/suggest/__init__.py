"""Suggestions for the crosswalk: codes of the national classifier for a category of the platform."""

from mappings.suggest.asking import Asked
from mappings.suggest.engine import Candidate, Suggester
from mappings.suggest.learned import Example

__all__ = ["Asked", "Candidate", "Example", "Suggester"]
