"""`sedlink export prune` as an administrator runs it: named first, limited, never of what was not read."""

import pytest


@pytest.fixture
def prune(sedlink, small):
    def run(cards, *arguments, code=0, command="prune", odd=()):
        given = small(*(f"{card};02.03.2026;Дороги" for card in cards), *odd)
        return sedlink(command, *given, "--mart", "sqlite:///mart.db", *arguments, code=code)

    run(range(40), command="load")
    return run


def test_a_dry_run_names_what_would_go_and_changes_nothing(prune):
    told = prune(range(39), "--dry-run", code=1)
    assert "малая\t\t39\t1" in told
    assert "tombstones written\t0" in told
    assert prune(range(39), "--dry-run", "--json", code=1)["gone"] == 1


def test_what_is_gone_leaves_the_mart_once(prune):
    assert prune(range(39), "--json")["removed"] == 1
    again = prune(range(39), "--json")
    assert (again["gone"], again["in_mart"], again["removed"]) == (0, 39, 0)
    assert "differences\t0" in prune(range(39), command="reconcile")
    assert prune(range(40), "--json", command="load")["batch"]["updated"] == 1, "it came back"


def test_more_than_the_limit_goes_only_with_a_yes(prune):
    told = prune(range(30), code=1)
    assert "10 of 40 facts of малая are gone from the source: 25.0%, more than --max-share" in told
    assert prune([], "--json", code=1)["removed"] == 0, "an empty list is a mistake until somebody says no"
    assert prune(range(30), "--max-share", "0.3", "--dry-run", "--json", code=1)["removed"] == 0
    assert prune(range(30), "--yes", "--json")["removed"] == 10


def test_nothing_is_gone_from_a_source_that_was_not_read_whole(prune):
    told = prune(range(39), "--yes", code=1, odd=[";02.03.2026;Дороги"])
    assert "the source was not read whole (1 rows): nothing is removed" in told


@pytest.mark.parametrize(
    ("arguments", "said"),
    [((), "give --sed or --list"), (("--sed", "delo", "--card-file", "К1"), "would be taken for gone")],
)
def test_what_is_no_whole_list_cannot_say_what_is_gone(sedlink, arguments, said):
    assert said in sedlink("prune", *arguments, code=2)
