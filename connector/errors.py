"""The error tree, by what to do next.

    ConnectorError
    ├── ChannelError          the way is closed: pause the channel, nobody's attempts are spent
    │   ├── RetryableError      time-out, 5xx, 429, folder away: try the channel again later
    │   └── AuthError           wrong id or password, certificate: pause until a person acts; one alert
    └── ItemError             this item: its conversation waits, the rest goes on
        ├── PermanentError      the peer refused it for good: park, report the field and the text
        ├── ConflictError       the SED already has a card for the key: use that card
        ├── OutcomeUnknownError the request may have been carried out: look it up, never repeat blindly
        ├── PendingError        the peer has the request and answers later: ask again, no attempt is spent
        ├── UnsupportedError    the adapter cannot do this: park
        └── MappingError        no rule, or a conflict of rules: parked until the table changes

Each error has a stable `code`, a sentence for the person who must act, and, as `__cause__`, the cause
for the engineer. A sentence never holds a secret or personal data.
"""

from connector.appeal import CardRef


class ConnectorError(Exception):
    """Anything that went wrong on the way; `code` is stable and documented in docs/commands.md."""

    code = "error"

    def __init__(self, sentence: str, *, code: str | None = None) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        if code:
            self.code = code


class ChannelError(ConnectorError):
    """The way to a peer is closed for everybody who uses it."""

    code = "channel"


class RetryableError(ChannelError):
    """The peer is away or overloaded; `after` is its own wish in seconds, when it named one."""

    code = "unavailable"

    def __init__(self, sentence: str, *, code: str | None = None, after: float | None = None) -> None:
        super().__init__(sentence, code=code)
        self.after = after


class AuthError(ChannelError):
    """The peer does not know us; repeating will not help until a person corrects the settings."""

    code = "auth"


class ItemError(ConnectorError):
    """One item cannot go on; the others can."""

    code = "item"


class PermanentError(ItemError):
    """The peer refused the item for good. `field` names what it did not like, when known."""

    code = "refused"

    def __init__(self, sentence: str, *, code: str | None = None, field: str = "") -> None:
        super().__init__(sentence, code=code)
        self.field = field


class ConflictError(ItemError):
    """The SED already has a card under this key."""

    code = "conflict"

    def __init__(self, sentence: str, *, card: CardRef) -> None:
        super().__init__(sentence)
        self.card = card


class OutcomeUnknownError(ItemError):
    """The connection broke after the request may have been carried out."""

    code = "outcome-unknown"


class PendingError(ItemError):
    """The peer has the request and its answer has not come yet; `after` seconds from now it may have.

    Asking again is how the answer is fetched: the same call finds the request that is on its way.
    """

    code = "pending"

    def __init__(self, sentence: str, *, after: float) -> None:
        super().__init__(sentence)
        self.after = after


class UnsupportedError(ItemError):
    """The adapter's capabilities do not include this; said instead of losing it silently."""

    code = "unsupported"


class MappingError(ItemError):
    """The crosswalk gives no answer; the item waits until the table changes."""

    code = "mapping"
