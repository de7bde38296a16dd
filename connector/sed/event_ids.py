"""The stable id of an event: a hash of what happened, so that a repeat is recognised (sed.md section 6)."""

import json
from collections.abc import Sequence
from hashlib import sha256
from uuid import UUID

from connector.appeal import EventKind


def event_id(key: UUID | str, kind: EventKind, identity: Sequence[object]) -> str:
    """Return the stable id of what happened to a document of ours."""
    told = json.dumps([str(key), str(kind), list(identity)], ensure_ascii=False, default=str)
    return sha256(told.encode(errors="replace")).hexdigest()[:32]
