"""What was counted: cells by territory, category and kind; None in a key means all of them. Pure."""

from dataclasses import dataclass, field

Key = tuple[str | None, str | None, str | None]  # territory, category, kind
FEW = 5  # below so many a cell is shown grey: chance, not a tendency


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """What is counted of any set of questions."""

    n: int = 0
    late: int = 0  # overdue, closed late
    open: int = 0  # overdue, open past due
    matured: int = 0  # due before the as-of day and known to be late or not: the base of the share
    ripe: int = 0  # of these the overdue ones
    repeated: int = 0
    fresh: int = 0  # new ones
    answered: int = 0
    days_n: int = 0
    rating_n: int = 0

    @property
    def overdue(self) -> int:
        """Both faces together."""
        return self.late + self.open

    @property
    def share(self) -> float | None:
        """Share of overdue in the matured cohort, 0..1."""
        return self.ripe / self.matured if self.matured else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell(Counts):
    """The numbers of one cell. Medians are None where nothing has them."""

    days_sum: float = 0.0
    days: float | None = None  # median days from receipt to answer
    rating: float | None = None  # median, 1..5

    @property
    def mean_days(self) -> float | None:
        """Mean days from receipt to answer."""
        return self.days_sum / self.days_n if self.days_n else None


@dataclass(frozen=True, slots=True)
class Territory:
    """A territory; the key is an OKTMO code where the facts have one, "" what is not determined."""

    key: str
    name: str


@dataclass(frozen=True, slots=True)
class Heat:
    """Everything that was counted."""

    by: str
    territories: tuple[Territory, ...]
    cells: dict[Key, Cell] = field(repr=False)

    def cell(
        self, territory: str | None = None, category: str | None = None, kind: str | None = None
    ) -> Cell:
        """Return a cell; what was not met is all zeros."""
        return self.cells.get((territory, category, kind), Cell())

    def categories(self) -> list[str]:
        """Return the categories, the most frequent first."""
        met = {category for _t, category, _k in self.cells if category is not None}
        return sorted(met, key=lambda one: (-self.cell(category=one).n, one))

    def kinds(self) -> list[str]:
        """Return the kinds met."""
        return sorted({kind for _t, _c, kind in self.cells if kind is not None})

    def ranked(self) -> list[Territory]:
        """Return the territories, the most frequent first."""
        return sorted(self.territories, key=lambda one: (-self.cell(one.key).n, one.name))
