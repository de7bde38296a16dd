"""The audit trail: append-only, one ordered story per conversation."""

from connector.journal.part import Part
from connector.journal.records import AuditEntry
from connector.journal.reports import Found


class Trail(Part):
    """Reads the trail and finds conversations."""

    def trail(self, opa_id: int | None, platform_id: str) -> list[AuditEntry]:
        """Return everything that happened to a message, in order; `opa_id` None = in whatever cabinet."""
        raise NotImplementedError

    def find_conversations(self, text: str, limit: int = 50) -> list[Found]:
        """Find by exact platform id, registration number, card number or idempotency key (or its UUID)."""
        raise NotImplementedError
