"""Every adapter has a quality file that is true, and the page made of them is up to date."""

from importlib import import_module
from pathlib import Path

import pytest

from config.i18n import speaking
from connector.sed.matrix import capabilities, markdown
from connector.sed.quality import RULES, parse_quality, read_quality
from connector.sed.registry import KINDS
from connector.sed.testing import CardsConformance, SedConformance

DOCS = Path(__file__).parents[3] / "docs"
GOOD = 'title = "x"\nproof = ["a:B"]\n[sample]\n[rules]\n' + "".join(f'{name} = "done"\n' for name in RULES)


def suite_of(cls):
    return {name for name in dir(cls) if name.startswith("test_")}


def test_every_test_of_the_suite_belongs_to_one_rule():
    named = [f"test_{test}" for rule in RULES.values() for test in rule.tests]
    assert sorted(named) == sorted(suite_of(SedConformance))


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_done_is_proved_by_a_suite_that_runs(kind):
    quality = read_quality(kind)
    suite = SedConformance if capabilities(kind, quality).exchange else CardsConformance
    for proof in quality.proof:
        module, _colon, name = proof.partition(":")
        cls = getattr(import_module(module), name)
        assert issubclass(cls, suite)
        assert all(callable(getattr(cls, test)) for test in suite_of(suite))


@pytest.mark.parametrize("kind", KINDS)
def test_the_files_say_what_the_adapters_claim(kind):
    quality = read_quality(kind)
    can = capabilities(kind, quality)
    claims = {"cards": can.cards, "marks": can.annotate, "dictionaries": bool(can.dictionaries)}
    claims |= {"find": can.find_by_key, "answer": can.answer_files, "events": can.exchange}
    done = {name: quality.rules[name].state == "done" for name in claims}
    assert done == claims


def test_the_page_is_up_to_date():
    with speaking("ru"):
        told = markdown()
    page = (DOCS / "sed-matrix.md").read_text(encoding="utf-8")
    assert page == told, "run: python -m connector.sed.matrix > docs/sed-matrix.md"


def test_a_whole_file_is_read():
    assert set(parse_quality(GOOD).rules) == set(RULES)


@pytest.mark.parametrize(
    ("was", "now", "said"),
    [
        ('find = "done"\n', "", "find: nothing is said about it"),
        ('find = "done"', 'find = "done"\nfnid = "done"', "fnid: no such rule"),
        ('find = "done"', 'find = { exempt = " " }', "find: exempt without a reason"),
        ('find = "done"', 'find = "todo"', "find: todo without a reason"),
        ('find = "done"', 'find = "perhaps"', "find: perhaps is none of done, todo, exempt"),
    ],
)
def test_a_wrong_file_is_told_by_rule(was, now, said):
    with pytest.raises(ValueError, match=said):
        parse_quality(GOOD.replace(was, now))


def test_the_page_for_outsiders_shows_the_five_lines_and_every_verb():
    page = (DOCS / "adding-a-sed.md").read_text(encoding="utf-8")
    five = Path(__file__).parent / "outsider" / "test_paper.py.txt"
    lines = [line for line in page.splitlines() if line]  # the formatter adds empty ones
    assert five.read_text(encoding="utf-8").strip() in "\n".join(lines)
    verbs = [
        "check",
        "find",
        "register",
        "changes",
        "open_file",
        "acknowledge",
        "cards",
        "annotate",
        "dictionary",
    ]
    assert [verb for verb in verbs if f"`{verb}" not in page] == []
    assert '[project.entry-points."sedlink.sed"]' in page
