"""The fault plan: which call goes wrong, how, and never so often that nothing can succeed.

A strike depends on the seed, the kind, the key of the call and how many times that key was asked, not on
the order in which threads come: a run can be repeated. After `max_in_row` strikes on one key the next
call is left alone.
"""

import hashlib
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from config.i18n import _


class Fault(StrEnum):
    """What can go wrong: over HTTP, in the SED's folder, on the bus (SMEV and its file store), in 1С."""

    SLOW = "slow"
    ERROR = "error"  # 500, 502, 503
    TOO_MANY = "too_many"  # 429 with Retry-After
    CUT_BEFORE = "cut_before"  # the connection breaks, nothing was done
    CUT_AFTER = "cut_after"  # the connection breaks, everything was done
    EXPIRED_TOKEN = "expired_token"  # noqa: S105 - a kind of fault
    GARBAGE = "garbage"  # a page or half a JSON instead of the answer, which was carried out
    ERROR_AFTER = "error_after"  # 500 although everything was done (a SED over HTTP)
    DUPLICATE_LISTING = "duplicate_listing"

    DUPLICATE_REPORT = "duplicate_report"
    ACCUMULATED_REPORT = "accumulated_report"  # restates everything so far, as the format allows
    OUT_OF_ORDER = "out_of_order"
    HALF_WRITTEN = "half_written"  # the envelope before the files
    STRAY_FILE = "stray_file"  # something in the folder that no envelope names
    NOT_SENT = "not_sent"  # МЭДО: the mail service refuses a message with an .ERR, later it is put back

    SMEV_FAILURE = "smev_failure"  # SMEVFailure or DestinationOverflow: nothing was done, repeat
    LATE_REJECTION = "late_rejection"  # taken, then rejected by AsyncProcessingStatus
    BAD_SIGNATURE = "bad_signature"  # the bus's own signature does not verify
    REDELIVERED = "redelivered"  # an acknowledged message comes once more
    SHUFFLED = "shuffled"  # a later message of the queue comes first
    FTP_ERROR = "ftp_error"  # the file store refuses a command for a while
    FTP_CUT = "ftp_cut"  # a transfer breaks in the middle
    FTP_SPOILT = "ftp_spoilt"  # a file comes with other bytes

    SOAP_FAULT = "soap_fault"  # of 1С: before the work or after it
    LOCKED = "locked"  # 1С refuses: somebody else writes, nothing was done


_PROBABILITY: Mapping[Fault, float] = {
    Fault.SLOW: 0.02, Fault.ERROR: 0.01, Fault.TOO_MANY: 0.005, Fault.CUT_BEFORE: 0.01, Fault.CUT_AFTER: 0.02,
    Fault.EXPIRED_TOKEN: 0.01, Fault.GARBAGE: 0.01, Fault.ERROR_AFTER: 0.02, Fault.DUPLICATE_LISTING: 0.3,
    Fault.DUPLICATE_REPORT: 0.1, Fault.ACCUMULATED_REPORT: 0.2, Fault.OUT_OF_ORDER: 0.1,
    Fault.HALF_WRITTEN: 0.1, Fault.STRAY_FILE: 0.02, Fault.NOT_SENT: 0.05,
    Fault.SMEV_FAILURE: 0.02, Fault.LATE_REJECTION: 0.01, Fault.BAD_SIGNATURE: 0.01, Fault.REDELIVERED: 0.03,
    Fault.SHUFFLED: 0.1, Fault.FTP_ERROR: 0.02, Fault.FTP_CUT: 0.05, Fault.FTP_SPOILT: 0.02,
    Fault.SOAP_FAULT: 0.02, Fault.LOCKED: 0.02,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Pains:
    """How long the slow ones take, in seconds."""

    slow: float = 0.3
    retry_after: int = 1
    half_written: float = 0.2
    duplicate: float = 0.1
    not_sent: float = 0.5


class FaultPlan:
    """Decides, repeatably, which calls go wrong. Thread-safe. `sleep` is how a slow call passes its time."""

    def __init__(
        self,
        kinds: Iterable[Fault] = (),
        *,
        seed: int = 0,
        probability: Mapping[Fault, float] | float | None = None,
        max_in_row: int = 3,
        pains: Pains | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.kinds = frozenset(kinds)
        self.pains = pains or Pains()
        self._sleep = sleep
        self._seed = seed
        self._max = max_in_row
        if isinstance(probability, float | int):
            self._probability: Mapping[Fault, float] = dict.fromkeys(Fault, float(probability))
        else:
            self._probability = {**_PROBABILITY, **(probability or {})}
        self._asked: Counter[str] = Counter()
        self._in_row: Counter[str] = Counter()
        self._struck: Counter[Fault] = Counter()
        self._lock = threading.Lock()

    def pick(self, key: str, candidates: Iterable[Fault]) -> Fault | None:
        """Return the fault that befalls this call, or None. `key` names the call: `POST /…/17`."""
        wanted = [fault for fault in candidates if fault in self.kinds]
        if not wanted:
            return None
        with self._lock:
            self._asked[key] += 1
            fault = None if self._in_row[key] >= self._max else self._draw(key, wanted)
            if fault is None:
                self._in_row.pop(key, None)
            else:
                self._in_row[key] += 1
                self._struck[fault] += 1
            return fault

    def dawdle(self) -> None:
        """Be as slow as a slow call is."""
        self._sleep(self.pains.slow)

    def struck(self) -> dict[str, int]:
        """Return how often each fault happened so far."""
        with self._lock:
            return {str(fault): count for fault, count in sorted(self._struck.items())}

    def chance(self, *what: object) -> float:
        """Return a number in [0, 1) that depends on the seed and the arguments only."""
        text = ":".join(str(part) for part in (self._seed, *what))
        digest = hashlib.blake2b(text.encode(), digest_size=8).digest()
        return int.from_bytes(digest) / 2**64

    def _draw(self, key: str, wanted: list[Fault]) -> Fault | None:
        for fault in wanted:
            if self.chance(fault, key, self._asked[key]) < self._probability[fault]:
                return fault
        return None


def parse_kinds(text: str) -> frozenset[Fault]:
    """Read `all`, `none` or a comma-separated list of kinds. Raises ValueError with a sentence."""
    words = [word.strip() for word in text.split(",") if word.strip()]
    if words in ([], ["none"]):
        return frozenset()
    if words == ["all"]:
        return frozenset(Fault)
    unknown = [word for word in words if word not in set(Fault)]
    if unknown:
        raise ValueError(
            _("unknown fault {names}: use all, none or some of {known}").format(
                names=", ".join(unknown), known=", ".join(Fault)
            )
        )
    return frozenset(Fault(word) for word in words)
