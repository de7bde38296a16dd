"""Adapters with one mistake each; `case` names the test of the suite that must catch it."""

import io
import itertools
from contextlib import contextmanager
from dataclasses import replace

from paper_sed import LIMIT
from whole_sed import PendingSed, WholeSed

from connector.appeal import AnswerResult, CardRef, EventKind, Pending
from connector.peer import Entry, Finding, Health
from connector.sed import CardQuery, ChangePage

MISTAKES = []


def mistake(case, base=WholeSed):
    """Name the case that must catch what a class does wrong."""

    def named(changes):
        MISTAKES.append(type(changes.__name__, (changes, base), {"case": case}))
        return changes

    return named


def telling(case, wrong):
    """An adapter that tells every event as `wrong(event)` has it, one or several."""

    def changes(self, cursor, limit):
        page = WholeSed.changes(self, cursor, limit)
        return replace(page, events=tuple(told for event in page.events for told in wrong(event)))

    MISTAKES.append(type(f"Telling{len(MISTAKES)}", (WholeSed,), {"case": case, "changes": changes}))


def only(kind, **facts):
    return lambda event: [replace(event, **facts) if event.kind is kind else event]


# ---- registration


@mistake("unknown_key_is_not_found")
class FindsAnything:
    def find(self, key):
        self._enter()
        return CardRef("1")


@mistake("finds_what_was_registered")
class FindsNothing:
    def find(self, key):
        self._enter()


@mistake("registers_once_however_often_asked")
class Doubles:
    def register(self, appeal, files, open_file):
        if appeal.key in self._drawer.cards:
            self._drawer.answers[f"again {appeal.key}"] = 1
        return super().register(appeal, files, open_file)


@mistake("rounds_are_cards_of_their_own")
class ForgetsTheRound:
    def register(self, appeal, files, open_file):
        return super().register(replace(appeal, round=1), files, open_file)

    def find(self, key):
        return super().find(key.rpartition(":")[0] + ":1")


@mistake("a_pending_registration_gets_its_number_by_an_event", PendingSed)
class ReceiptOfNothing:
    def register(self, appeal, files, open_file):
        super().register(appeal, files, open_file)
        return Pending("")


@mistake("lost_after_commit_is_found_not_repeated")
class RemembersInTheProcess:
    def find(self, key):
        return self.__dict__.setdefault("mine", {}).get(key)

    def register(self, appeal, files, open_file):
        self.__dict__.setdefault("mine", {})[appeal.key] = card = super().register(appeal, files, open_file)
        return card


@mistake("lost_before_commit_is_not_found_and_repeated")
class TakesTheIntentionForTheDeed:
    def register(self, appeal, files, open_file):
        self._drawer.answers[f"intended {appeal.key}"] = True
        return super().register(appeal, files, open_file)

    def find(self, key):
        return super().find(key) or (CardRef("?") if f"intended {key}" in self._drawer.answers else None)


@mistake("attachments_arrive_with_equal_hash")
class CutsFiles:
    def register(self, appeal, files, open_file):
        card = super().register(appeal, files, open_file)
        self._drawer.files[appeal.key] = [(n, body[:65_536]) for n, body in self._drawer.files[appeal.key]]
        return card


@mistake("two_attachments_of_one_name_both_arrive")
class KeepsOneOfAName:
    def register(self, appeal, files, open_file):
        return super().register(
            appeal, tuple({one.name.casefold(): one for one in files}.values()), open_file
        )


@mistake("too_large_a_file_is_said_and_nothing_is_registered")
class TakesAnySize:
    def register(self, appeal, files, open_file):
        return super().register(
            appeal, tuple(replace(one, size=min(one.size, LIMIT)) for one in files), open_file
        )


# ---- what is told

telling("registration_brings_number_and_date", only(EventKind.REGISTERED, number=""))
telling("refusal_brings_code_and_text", only(EventKind.REFUSED, code=""))
telling("executor_resolution_and_deadline", only(EventKind.EXECUTOR_ASSIGNED, executors=()))
telling("prolongation_brings_the_new_date", only(EventKind.EXTENDED, deadline=None))
telling(
    "registration_alone_prolongs_nothing",
    lambda event: [event, replace(event, id=f"{event.id}+", kind=EventKind.EXTENDED)],
)
telling("redirection_names_the_organisation", only(EventKind.REDIRECTED, organisation=""))
telling("answer_brings_text_result_and_files", only(EventKind.ANSWER, result=AnswerResult.UNKNOWN))
telling("answer_without_the_command_is_not_commanded", only(EventKind.ANSWER, commanded=True))
telling(
    "command_after_an_uncommanded_answer_is_a_new_event",
    lambda event: [replace(event, id=f"{event.key} {event.kind}")],
)
telling("different_things_bear_different_ids", lambda event: [replace(event, id=str(event.kind))])
_count = itertools.count()
telling("what_is_said_twice_bears_one_id", lambda event: [replace(event, id=str(next(_count)))])


@mistake("events_come_in_the_order_in_which_they_happened")
class TellsTheNewestFirst:
    def changes(self, cursor, limit):
        page = super().changes(cursor, 100)
        return replace(page, events=page.events[::-1])


@mistake("late_event_still_comes")
class StopsAfterTheAnswer:
    def changes(self, cursor, limit):
        page = super().changes(cursor, limit)
        over = {one.key for one in self._drawer.said if one.kind is EventKind.ANSWER}
        told = tuple(one for one in page.events if one.key not in over or one.kind is EventKind.ANSWER)
        return replace(page, events=told)


# ---- cursors


@mistake("not_acknowledged_comes_again_after_a_restart")
class ReadsOnce:
    def changes(self, cursor, limit):
        page = super().changes(self._drawer.answers.get("read", cursor), limit)
        self._drawer.answers["read"] = page.cursor
        return page


@mistake("not_committed_comes_again_in_the_same_process")
class ReadsOnceInAProcess:
    def changes(self, cursor, limit):
        page = super().changes(self.__dict__.get("read", cursor), limit)
        self.read = page.cursor
        return page


@mistake("acknowledged_is_over")
class TellsEverythingEveryTime:
    def changes(self, cursor, limit):
        return replace(super().changes("", 100), more=False)


@mistake("acknowledging_twice_is_harmless")
class AcknowledgesOnce:
    def changes(self, cursor, limit):
        return replace(super().changes(cursor, limit), receipts=("one",))

    def acknowledge(self, receipts):
        for one in receipts:
            self._drawer.answers.pop(f"receipt {one}", None)
            if f"gone {one}" in self._drawer.answers:
                raise KeyError(one)
            self._drawer.answers[f"gone {one}"] = True


@mistake("small_pages_lose_nothing")
class LosesBetweenPages:
    def changes(self, cursor, limit):
        page = super().changes(cursor, limit)
        return replace(page, events=page.events[:-1]) if page.more else page


@mistake("what_was_committed_late_still_comes")
class NeverLooksBack:
    def changes(self, cursor, limit):
        start = int(cursor or 0)
        said = self._drawer.said[start : start + limit]
        end = start + len(said)
        return ChangePage(tuple(said), str(end) if end else "", more=end < len(self._drawer.said))


# ---- claims, credentials, references


@mistake("healthy_peer_is_found_healthy")
class AlwaysIll:
    def check(self):
        return Health((Finding("drawer", ok=False, sentence="it does not open"),))


@mistake("capability_claims_are_true")
class SaysLessThanItDoes:
    capabilities = replace(WholeSed.capabilities, cards=False)


@mistake("wrong_credentials_stop_the_connection_and_nothing_else")
class TakesAnyPassword:
    def _enter(self):
        return


@mistake("foreign_file_reference_is_an_error_not_a_file")
class OpensAnything:
    @contextmanager
    def open_file(self, ref):
        yield io.BytesIO(b"root")


# ---- cards, marks, dictionaries


def cards_as(case, wrong):
    def cards(self, query):
        yield from wrong(WholeSed.cards(self, query), query)

    MISTAKES.append(type(f"Cards{len(MISTAKES)}", (WholeSed,), {"case": case, "cards": cards}))


cards_as(
    "a_card_comes_with_its_number_rubric_and_times",
    lambda cards, _query: (replace(one, received_at=None) for one in cards),
)
cards_as(
    "every_question_of_a_card_is_a_rubric_of_its_own",
    lambda cards, _query: (replace(one, questions=one.questions[:1]) for one in cards),
)
cards_as(
    "every_card_comes_once_however_many",
    lambda cards, _query: itertools.chain.from_iterable((one, one) for one in cards),
)


@mistake("cards_are_asked_for_by_the_date_of_their_rubrics")
class ForgetsTheDay:
    def cards(self, query):
        return super().cards(CardQuery(query.card_files))


@mistake("an_unknown_card_file_is_an_error_of_its_own")
class TakesAnyCardFile:
    def cards(self, query):
        return super().cards(replace(query, card_files=()))


@mistake("a_mark_stands_on_its_question_and_changes_nothing_else")
class MarksEveryQuestion:
    def annotate(self, card, question, fields):
        super().annotate(card, question, fields)
        for number in (1, 2):
            super().annotate(card, replace(question, id=f"{question.id.rpartition('#')[0]}#{number}"), fields)


@mistake("a_mark_that_the_card_has_no_place_for_is_named")
class DropsUnknownMarks:
    def annotate(self, card, question, fields):
        super().annotate(card, question, {n: v for n, v in fields.items() if n == "Статус ПОС"})


@mistake("entries_of_dictionaries_have_ids_and_names")
class NamelessEntries:
    def dictionary(self, kind):
        yield Entry("", "")
