"""What clerks and citizens will do with a message: a plan drawn from a seeded source."""

import random
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from stand import blobs
from stand.words import Decision, DecisionKind, FileSpec, Official, Round

# how often a life goes each way; the steps are done in order
_WAYS: tuple[tuple[int, str], ...] = (
    (26, "register answer"),
    (24, "register assign answer"),
    (10, "register assign progress answer"),
    (10, "register assign prolong answer"),
    (8, "register assign draft answer"),
    (8, "register redirect"),
    (7, "refuse"),
    (7, "register assign answer rework"),
)


def make_rounds(source: random.Random, texts: dict[str, Any], due: date) -> tuple[Round, ...]:
    """Return the rounds of one message whose answer is due on a date."""
    way = source.choices([way for _weight, way in _WAYS], [weight for weight, _way in _WAYS])[0].split()
    clerk = Clerk(source, texts, due)
    first = Round(clerk.decide([step for step in way if step != "rework"]), rating=clerk.rating())
    if "rework" not in way:
        return (first,)
    comment = source.choice(texts["reworks"])
    second = Round(clerk.decide(["register", "assign", "answer"]), comment, clerk.rating())
    return (Round(first.decisions, rating=source.choice((1, 2))), second)


class Clerk:
    """Fills decisions with words, people, dates and files."""

    def __init__(self, source: random.Random, texts: dict[str, Any], due: date) -> None:
        self._source = source
        self._texts = texts
        self._due = due
        self._manager = self.official("head_posts")
        self._executors: tuple[Official, ...] = ()

    def decide(self, steps: Sequence[str]) -> tuple[Decision, ...]:
        """Return one decision per step."""
        return tuple(self._decision(DecisionKind(step)) for step in steps)

    def rating(self) -> int | None:
        """Return the citizen's rating of an answer; most give none."""
        return self._source.randrange(1, 6) if self._source.random() < 0.3 else None

    def official(self, posts: str = "posts") -> Official:
        """Return an artificial official."""
        number = self._source.randrange(100, 999)
        return Official(
            self._pick("surnames"), self._pick("names"), self._pick("patronymics"), self._pick(posts),
            f"clerk{number}@example.org", f"+7000100{number}0",
        )  # fmt: skip

    def _decision(self, kind: DecisionKind) -> Decision:
        if kind is DecisionKind.REGISTER:
            return Decision(kind, deadline=self._due)
        if kind is DecisionKind.REFUSE:
            reason = self._source.choice(self._texts["refusals"])
            return Decision(kind, code=reason["code"], text=reason["text"])
        if kind is DecisionKind.REDIRECT:
            return Decision(kind, organisation=self._pick("departments"))
        if kind in (DecisionKind.DRAFT, DecisionKind.ANSWER):
            return self._answer(kind)
        return self._task(kind)

    def _task(self, kind: DecisionKind) -> Decision:
        if kind is DecisionKind.PROLONG:
            self._due += timedelta(days=30)
        words = {"assign": "resolutions", "progress": "progress", "prolong": "prolongations"}[kind]
        if kind is DecisionKind.ASSIGN:
            self._executors = tuple(self.official() for _n in range(self._source.choice((1, 1, 2))))
        return Decision(
            kind, text=self._pick(words), deadline=self._due, executors=self._executors, manager=self._manager
        )

    def _answer(self, kind: DecisionKind) -> Decision:
        if kind is DecisionKind.DRAFT:
            return Decision(kind, text=self._pick("drafts"), files=self._files(1), manager=self._manager)
        solved = self._source.random() < 0.75
        return Decision(
            kind,
            text=self._pick("answers_solved" if solved else "answers_not_solved"),
            files=self._files(self._source.choice((0, 1, 1, 2))),
            executors=self._executors,
            manager=self._manager,
            solved=solved,
        )

    def _files(self, count: int) -> tuple[FileSpec, ...]:
        names = self._source.sample(self._texts["answer_files"], k=count)
        return tuple(
            FileSpec(
                name,
                blobs.Kind.PNG if name.endswith(".png") else blobs.Kind.PDF,
                self._source.choice((2_000, 20_000, 120_000)),
                f"{name}:{self._source.getrandbits(32)}",
            )
            for name in names
        )

    def _pick(self, name: str) -> str:
        return str(self._source.choice(self._texts[name]))
