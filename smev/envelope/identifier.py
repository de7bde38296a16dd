"""Message identifiers as SMEV wants them: UUID of version 1 (RFC 4122), with a random node."""

import secrets
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

_GREGORIAN = datetime(1582, 10, 15, tzinfo=UTC)  # where the clock of version 1 starts
_MULTICAST = 1 << 40  # marks a node that is no network card (RFC 4122 section 4.5)


def new_message_id(moment: datetime, randbits: Callable[[int], int] = secrets.randbits) -> str:
    """Return a fresh MessageID for the moment; 61 random bits keep ids of one moment apart.

    The node is never the machine's network address: that would tell the machine to everybody.
    """
    ticks = (moment - _GREGORIAN) // timedelta(microseconds=1) * 10
    sequence, node = randbits(14), randbits(48) | _MULTICAST
    low, middle, high = ticks & 0xFFFFFFFF, ticks >> 32 & 0xFFFF, ticks >> 48 & 0x0FFF
    fields = (low, middle, high | 0x1000, sequence >> 8 | 0x80, sequence & 0xFF, node)
    return str(uuid.UUID(fields=fields))
