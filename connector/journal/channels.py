"""Channels: the circuit breaker per way to a peer, and the one alert on its failure and its return."""

from collections.abc import Sequence
from datetime import datetime

from connector.errors import ChannelError
from connector.journal.part import Part
from connector.journal.records import ChannelState
from connector.journal.reports import Alert


class Channels(Part):
    """Pauses and opens channels (`platform:{opa_id}`, `sed:{name}`)."""

    def channel_failed(self, name: str, error: ChannelError) -> ChannelState:
        """Pause a channel: exponential with jitter and a cap, not shorter than the peer's own wish.

        An AuthError pauses it until `resume` or until its credentials change.
        """
        raise NotImplementedError

    def channel_ok(self, name: str) -> None:
        """Say that a channel works; cheap to call after every success."""
        raise NotImplementedError

    def channel_configured(self, name: str, fingerprint: str) -> bool:
        """Say which credentials (a digest of them) a channel uses now; return True if that resumed it."""
        raise NotImplementedError

    def resume(self, name: str) -> bool:
        """Open a channel by a person's word; return False when it was not paused."""
        raise NotImplementedError

    def channels(self) -> list[ChannelState]:
        """Return every known channel, by name."""
        raise NotImplementedError

    def last_success(self) -> dict[str, datetime]:
        """Return when each channel last worked."""
        raise NotImplementedError

    def alerts_due(self) -> list[Alert]:
        """Return the mails that are due: one on the start of a failure (after a grace), one on recovery."""
        raise NotImplementedError

    def alerts_sent(self, alerts: Sequence[Alert]) -> None:
        """Remember that these went out: never again, restarts included."""
        raise NotImplementedError
