"""Envelopes of SMEV 1.1, 1.2 and 1.3: written strictly, read tolerantly, faults by what to do next."""

from smev.envelope.identifier import new_message_id
from smev.envelope.read import read
from smev.envelope.write import (
    ack,
    get_request,
    get_response,
    get_status,
    queue_statistics,
    send_request,
    send_response,
)

__all__ = [
    "ack",
    "get_request",
    "get_response",
    "get_status",
    "new_message_id",
    "queue_statistics",
    "read",
    "send_request",
    "send_response",
]
