"""The rules of an SED adapter, and the quality file in which each adapter says which it keeps."""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files

from config import toml
from config.i18n import N_

FILE = "quality.toml"
STATES = ("done", "todo", "exempt")


@dataclass(frozen=True, slots=True)
class Rule:
    """What an adapter must do, and the tests of the conformance suite that prove it."""

    title: str
    tests: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Mark:
    """How an adapter stands to a rule; `todo` and `exempt` have a reason."""

    state: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Quality:
    """An adapter's quality file."""

    title: str
    proof: tuple[str, ...]  # "module:Class" of the tests that run the suite
    sample: Mapping[str, object]  # settings that build the adapter, so that its capabilities can be asked
    rules: Mapping[str, Mark]


# What of an adapter nobody of us has seen work with a real peer.
EXPERIMENTAL: Mapping[str, str] = {
    "elma365": N_("by facts of the public API; none of us has tried it on a real server"),
    "medo": N_("only the profile 2.7.1: by public facts, without its schema"),
}
RULES: Mapping[str, Rule] = {
    "find": Rule(N_("find before register"), ("unknown_key_is_not_found", "finds_what_was_registered")),
    "once": Rule(
        N_("a repeated registration makes one card"),
        ("registers_once_however_often_asked", "rounds_are_cards_of_their_own"),
    ),
    "pending": Rule(
        N_("a registration that is pending gets its number later"),
        ("a_pending_registration_gets_its_number_by_an_event",),
    ),
    "lost": Rule(
        N_("connection lost before or after the commit"),
        ("lost_after_commit_is_found_not_repeated", "lost_before_commit_is_not_found_and_repeated"),
    ),
    "files": Rule(
        N_("attachments arrive with equal hash"),
        (
            "attachments_arrive_with_equal_hash",
            "two_attachments_of_one_name_both_arrive",
            "too_large_a_file_is_said_and_nothing_is_registered",
        ),
    ),
    "events": Rule(
        N_("events: number, refusal, executor, deadline, redirection"),
        (
            "registration_brings_number_and_date",
            "refusal_brings_code_and_text",
            "executor_resolution_and_deadline",
            "prolongation_brings_the_new_date",
            "registration_alone_prolongs_nothing",
            "redirection_names_the_organisation",
        ),
    ),
    "answer": Rule(
        N_("the answer leaves only on command, with its files"),
        (
            "answer_brings_text_result_and_files",
            "answer_without_the_command_is_not_commanded",
            "command_after_an_uncommanded_answer_is_a_new_event",
        ),
    ),
    "order": Rule(
        N_("order of events, duplicates, late events"),
        (
            "events_come_in_the_order_in_which_they_happened",
            "what_is_said_twice_bears_one_id",
            "different_things_bear_different_ids",
            "late_event_still_comes",
        ),
    ),
    "cursor": Rule(
        N_("cursors: nothing is over before it was stored"),
        (
            "not_acknowledged_comes_again_after_a_restart",
            "not_committed_comes_again_in_the_same_process",
            "acknowledged_is_over",
            "acknowledging_twice_is_harmless",
            "small_pages_lose_nothing",
        ),
    ),
    "look_back": Rule(
        N_("look-back: what was committed late is read"), ("what_was_committed_late_still_comes",)
    ),
    "claims": Rule(
        N_("claims are true, what is unsupported is an error"),
        ("healthy_peer_is_found_healthy", "capability_claims_are_true"),
    ),
    "credentials": Rule(
        N_("wrong credentials stop the connection"),
        ("wrong_credentials_stop_the_connection_and_nothing_else",),
    ),
    "references": Rule(
        N_("a foreign file reference opens nothing"), ("foreign_file_reference_is_an_error_not_a_file",)
    ),
    "cards": Rule(
        N_("cards for the mart"),
        (
            "a_card_comes_with_its_number_rubric_and_times",
            "every_question_of_a_card_is_a_rubric_of_its_own",
            "every_card_comes_once_however_many",
            "cards_are_asked_for_by_the_date_of_their_rubrics",
        ),
    ),
    "marks": Rule(
        N_("marks on a card's question"),
        (
            "a_mark_stands_on_its_question_and_changes_nothing_else",
            "a_mark_that_the_card_has_no_place_for_is_named",
        ),
    ),
    "dictionaries": Rule(
        N_("dictionaries"),
        ("entries_of_dictionaries_have_ids_and_names", "an_unknown_card_file_is_an_error_of_its_own"),
    ),
}


def read_quality(kind: str) -> Quality:
    """Return the quality file of one of our kinds. Raises ValueError, a mistake a line."""
    text = files(f"connector.sed.{kind}").joinpath(FILE).read_text(encoding="utf-8")
    return parse_quality(text)


def parse_quality(text: str) -> Quality:
    """Read a quality file. Raises ValueError that names every rule that is unknown, absent or unexplained."""
    told = toml.parse(text)
    marks = {name: _mark(mark) for name, mark in told["rules"].items()}
    mistakes = [f"{name}: no such rule" for name in marks if name not in RULES]
    mistakes += [f"{name}: nothing is said about it" for name in RULES if name not in marks]
    for name, mark in marks.items():
        if mark.state not in STATES:
            mistakes.append(f"{name}: {mark.state} is none of {', '.join(STATES)}")
        elif mark.state != "done" and not mark.reason.strip():
            mistakes.append(f"{name}: {mark.state} without a reason")
    if mistakes:
        raise ValueError("\n".join(mistakes))
    return Quality(told["title"], tuple(told["proof"]), told["sample"], marks)


def _mark(told: str | Mapping[str, str]) -> Mark:
    if isinstance(told, str):
        return Mark(told)
    ((state, reason),) = told.items()
    return Mark(state, reason)
