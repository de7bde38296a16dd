"""The crosswalk in the relay: a question gets the national code, or its item waits, by the table in force."""

from collections.abc import Sequence

import sqlalchemy as sa

from config.i18n import _
from connector.appeal import Appeal, Category, Question
from connector.errors import MappingError
from mappings.crosswalk import Crosswalk, Outcome
from mappings.model import Message, Unmapped
from mappings.resolver import Resolver
from mappings.store.seen import count_seen


class CrosswalkClassifier:
    """Codes questions by the version of the crosswalk that is in force at the moment."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine
        self._resolver = Resolver(engine)

    @property
    def engine(self) -> sa.Engine:
        """The store of the tables."""
        return self._engine

    def close(self) -> None:
        """Let go of the database."""
        self._engine.dispose()

    def count(self, appeals: Sequence[Appeal]) -> None:
        """Add the questions of registered items to the counts by category."""
        messages = [message_of(appeal, question) for appeal in appeals for question in appeal.questions]
        if messages:
            with self._engine.begin() as connection:
                count_seen(connection, messages)

    @property
    def version(self) -> int:
        """The version in force; 0 = no table was ever applied."""
        return self._resolver.current().version

    def __call__(self, appeal: Appeal, question: Question) -> Question:
        """Return the question with its code. Raises MappingError where the table says to wait.

        While no table was ever applied nothing can be mapped: items go on without a code, so that the
        exchange works from the first day and the clerk chooses the rubric as before.
        """
        return classified(self._resolver.current(), appeal, question)


def classified(crosswalk: Crosswalk, appeal: Appeal, question: Question) -> Question:
    """Return the question with its code by a version of the crosswalk. Pure; raises MappingError."""
    if crosswalk.version == 0:
        return question
    routing = crosswalk.route(message_of(appeal, question))
    why = f"mapping version {crosswalk.version}, {_why(routing.decision.outcome, routing.decision.rows)}"
    if routing.action is Unmapped.HOLD:
        raise MappingError(
            _(
                "{category}: {why}; complete the table and apply it (`sedlink mapping apply`): "
                "the item goes on by itself"
            ).format(category=_category(question.category), why=why)
        )
    return Question(question.ordinal, question.text, question.category, routing.code, why)


def message_of(appeal: Appeal, question: Question) -> Message:
    """Return what the crosswalk looks at."""
    category = question.category
    ids = (category.subject_id, category.subsubject_id, category.fact_id)
    return Message(
        names=tuple(filter(None, (category.subject, category.subsubject, category.fact))),
        ids=tuple("" if number is None else str(number) for number in ids),
        cabinet=str(appeal.opa_id),
        kind=str(appeal.kind),
        region=appeal.territory.region,
        date=appeal.created_at.date(),
        text=question.text,
    )


def _why(outcome: Outcome, rows: tuple[int, ...]) -> str:
    return f"{outcome} row {', '.join(map(str, rows))}" if rows else str(outcome)


def _category(category: Category) -> str:
    return " / ".join(filter(None, (category.subject, category.subsubject, category.fact)))
