"""What is not in the marts and why: rows that a mart refused or holds back, and rows a data mart refused."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from config.settings import Settings
from exporter.marts import Batch, BatchState, Mart
from exporter.reasons import REASONS, Action, advice_of, text_of

_NAMED = 10  # rows named per reason in a mail


@dataclass(frozen=True, slots=True)
class Line:
    """One row that was not uploaded, for one reason."""

    target: str  # `mart`, or the NAME of a [datamart.NAME]
    source: str
    cabinet: int | None
    card_file: str
    card: str
    question: str
    code: str  # of reasons.py; for a data mart its own words
    value: str = ""
    place: str = ""
    link: str = ""

    @property
    def reason(self) -> str:
        """Say the reason in the language of the moment."""
        return text_of(self.code) if self.code in REASONS else self.code

    @property
    def advice(self) -> str:
        """Say what to do about it in the language of the moment; nothing for a data mart's own words."""
        return advice_of(self.code) if self.code in REASONS else ""


Where = tuple[str, int | None, str, str]  # target, cabinet, card file, code


@dataclass(slots=True)
class Protocol:
    """The counts of what was not uploaded; rows are named up to a number and counted beyond."""

    rows: int = 0
    held: list[Batch] = field(default_factory=list)  # the last load of a source published nothing
    counts: Counter[Where] = field(default_factory=Counter)
    named: dict[Where, list[str]] = field(default_factory=dict)

    @property
    def clean(self) -> bool:
        """Whether everything is uploaded."""
        return not self.rows and not self.held

    @property
    def reasons(self) -> frozenset[str]:
        """What is wrong, whatever the numbers: a mail is due when one of them is new."""
        held = {f"held {batch.source}" for batch in self.held}
        ours = {(target, code if code in REASONS else "refused") for target, _opa, _file, code in self.counts}
        return frozenset({f"{target} {code}" for target, code in ours} | held)

    def add(self, line: Line) -> None:
        """Count a line."""
        where = (line.target, line.cabinet, line.card_file, line.code)
        self.counts[where] += 1
        named = self.named.setdefault(where, [])
        if len(named) < _NAMED and line.card not in named:
            named.append(line.card)


def lines_of(mart: Mart, settings: Settings | None, source: str = "") -> Iterator[list[Line]]:
    """Yield the lines of each row that was not uploaded: one per reason for which it does not go."""
    for row in mart.quarantined(source):
        told = [one for one in row.reasons if _stops(one["code"])]
        yield [
            Line(
                "mart", row.source, row.cabinet, row.card_file, row.card, row.question,
                one["code"], one["value"], ", ".join(filter(None, (row.place, one["place"]))), row.link,
            )
            for one in told
        ]  # fmt: skip
    if settings is not None and not source:
        for name in settings.datamart:
            yield from _refused_by(settings, name)


def collect(mart: Mart, settings: Settings | None, source: str = "") -> tuple[Protocol, Iterator[list[Line]]]:
    """Return the protocol, which fills while the lines are read, and the lines."""
    protocol = Protocol(held=held_back(mart, source))

    def counted() -> Iterator[list[Line]]:
        for lines in lines_of(mart, settings, source):
            protocol.rows += 1
            for line in lines:
                protocol.add(line)
            yield lines

    return protocol, counted()


def held_back(mart: Mart, source: str = "") -> list[Batch]:
    """Return the last batch of each source, where it published nothing."""
    last: dict[str, Batch] = {}
    for batch in mart.batches(limit=1000):  # the youngest first
        if batch.state is not BatchState.OPEN and source in ("", batch.source):
            last.setdefault(batch.source, batch)
    return [batch for batch in last.values() if batch.state is BatchState.HELD]


def _refused_by(settings: Settings, name: str) -> Iterator[list[Line]]:
    from exporter.marts.datamart.opening import ledger_of

    if not (settings.datamart[name].folder / "datamart.db").is_file():
        return  # nothing was ever sent there
    with ledger_of(settings, name) as ledger:
        refused = {one.key: one for one in ledger.refusals()}
        for one in refused.values():
            yield [Line(name, "", None, "", one.key, "", one.reason, place=one.at)]
        for file in ledger.failed_files():
            if all(item.key in refused for item in ledger.items(file)):
                continue  # named row by row already
            yield [Line(name, "", None, "", file.path.name, "", file.description, value=str(file.rows))]


def _stops(code: str) -> bool:
    return code not in REASONS or REASONS[code].action is Action.REFUSE
