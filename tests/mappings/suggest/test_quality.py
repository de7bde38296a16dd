"""Quality on our own labels: floors that a worse dictionary, stemmer or ranking falls through."""

import pytest

from mappings.classifier import read_classifier
from mappings.suggest import Suggester
from mappings.suggest.thesaurus import Thesaurus
from tests.mappings.suggest.labels import read_labels, right

FLOORS = {"dev": 0.93, "test": 0.93, "own": 0.90}


@pytest.fixture(scope="module")
def edition(shared_data):
    return read_classifier(shared_data / "classifier" / "national-2025-10-31.csv")


@pytest.fixture(scope="module")
def labels(shared_data, edition):
    return read_labels(shared_data, edition)


@pytest.mark.parametrize("part", sorted(FLOORS))
def test_a_right_code_is_among_five(edition, labels, part):
    chosen = [label for label in labels if label.part == part]
    assert len(chosen) >= 99
    assert right(Suggester(edition), chosen) >= FLOORS[part]


def test_limits_to_themes_help(edition, labels):
    chosen = [label for label in labels if label.part != "own"]
    suggester = Suggester(edition)
    assert right(suggester, chosen, limited=True) >= max(0.95, right(suggester, chosen))


def test_the_floor_can_be_fallen_through(edition, labels):
    """The dictionary is what carries: without it the same labels stay below every floor."""
    chosen = [label for label in labels if label.part == "test"]
    assert right(Suggester(edition, thesaurus=Thesaurus([], [])), chosen) < min(FLOORS.values())
