"""The durable record of the client: what is to be sent, what came, and the octets that passed."""

from smev.client.store.inbox import Inbox, InboxEntry
from smev.client.store.outbox import Outbox, OutboxEntry, State
from smev.client.store.store import Store

__all__ = ["Inbox", "InboxEntry", "Outbox", "OutboxEntry", "State", "Store"]
