"""What befalls a round of chaos, by its seed alone: the same seed, the same lives, deaths and troubles."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count

from connector.crashpoints import POINTS

AT_A_POINT = 0.6  # the share of lives that end at a named point
FROZEN = 0.1  # the share of the others that stand still beyond their lease first
CLOCKS = (-300, -170, 0, 0, 0, 170, 300)  # seconds a clock may be wrong by


@dataclass(frozen=True, slots=True)
class Life:
    """A daemon's way to its death: at the `arrival`th coming to `point`, else after `spare` seconds."""

    point: str
    arrival: int
    spare: float
    frozen: bool
    clock: int  # how wrong its clock is when it starts, seconds
    clock_moves_to: int  # and after half a second


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something that befalls the whole round `at` so many seconds after its start, for `lasts` seconds."""

    at: float
    lasts: float


class Plan:
    """The lives and troubles of one round."""

    def __init__(self, seed: int) -> None:
        self.seed = seed

    def lives(self) -> Iterator[Life]:
        """Yield the daemons' lives in the order in which they are begun, without end."""
        for number in count():
            dice = random.Random(f"{self.seed}:life:{number}")
            point = dice.choice(sorted(POINTS)) if dice.random() < AT_A_POINT else ""
            yield Life(
                point=point,
                arrival=dice.randint(1, 4),
                spare=4.0 if point else dice.uniform(0.05, 1.5),
                frozen=dice.random() < FROZEN,
                clock=dice.choice(CLOCKS),
                clock_moves_to=dice.choice(CLOCKS),
            )

    def troubles(self, kind: str, every: float, lasts: tuple[float, float]) -> Iterator[Trouble]:
        """Yield the troubles of one kind, `every` so many seconds on the average."""
        dice = random.Random(f"{self.seed}:{kind}")
        at = 0.0
        while True:
            at += dice.expovariate(1 / every)
            yield Trouble(at, dice.uniform(*lasts))
