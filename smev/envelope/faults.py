"""Faults that the bus answers with, sorted by what to do next.

Source: the faults schema of versions 1.1 to 1.3 and the operator's rules on each fault.
"""

from smev.errors import SmevError


class BusError(SmevError):
    """The bus refused an operation. `name` is the fault's, "" when it named none.

    `reason` is what the bus wrote. It may quote the message, personal data included, so it is not in the text
    of the error, which goes to logs: show it to the person who corrects the message.
    """

    def __init__(self, name: str, reason: str) -> None:
        super().__init__("bus-fault", "SMEV answered {name}", name=name or "Fault", reason=reason)
        self.name, self.reason = name, reason


class RetryError(BusError):
    """The bus is ill or full: send the same message, with the same MessageID, again later, for ever."""


class AlreadySentError(BusError):
    """The bus has this MessageID already: our earlier attempt was delivered. This is success."""


class RenewIdError(BusError):
    """The MessageID is too old: send the same content under a new one."""


class RenewDeadlineError(BusError):
    """The message's end of life has passed: send it with a later one."""


class FixMessageError(BusError):
    """The message itself is wrong: content, signature, files, size. A person or the mapping corrects it."""


class AccessError(BusError):
    """Access, registration or routing: the operator of the bus or the other side has to act."""


class GoneError(BusError):
    """The message or request meant is not there (any more): acknowledged twice, or too late."""


class UnknownError(BusError):
    """A fault nobody knows here: nothing is repeated, a person looks at it."""


_TREE: dict[type[BusError], str] = {
    RetryError: "SMEVFailure DestinationOverflow",
    AlreadySentError: "MessageIsAlreadySent",
    RenewIdError: "StaleMessageId",
    RenewDeadlineError: "EndOfLifeReached",
    FixMessageError: """InvalidContent SignatureVerificationFault AttachmentContentMiscoordination
        AttachmentSizeLimitExceeded QuoteLimitExceeded BusinessDataTypeIsNotSupported
        IncorrectResponseContentType InvalidMessageIdFormat TransactionCodeInvalid""",
    AccessError: """AccessDenied PersonalAccessDenied SenderIsNotRegistered RecipientIsNotFound
        UnknownMessageType""",
    GoneError: "TargetMessageIsNotFound RequestIsNotFound",
}
KINDS = {name: kind for kind, names in _TREE.items() for name in names.split()}


def fault(name: str, reason: str, *, server: bool) -> BusError:
    """Return the error of a fault; `server`: SOAP says the fault is the receiver's, so repeating may help."""
    kind = KINDS.get(name, RetryError if server and not name else UnknownError)
    return kind(name, reason)
