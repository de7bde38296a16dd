"""What can be wrong with the journal itself: each error says what to do."""

from connector.errors import ConnectorError, ItemError, PermanentError


class JournalError(ConnectorError):
    """The journal cannot be used; nothing was changed."""

    code = "journal"


class NotUpgradedError(JournalError):
    """The database has no tables yet, or those of an earlier version: run `sedlink db upgrade`."""

    code = "journal-not-upgraded"


class NewerDatabaseError(JournalError):
    """The database was upgraded by a newer sedlink than this one."""

    code = "journal-newer"


class UnavailableError(JournalError):
    """The database cannot be reached or is locked for too long."""

    code = "journal-unavailable"


class FileTooLargeError(PermanentError):
    """A file is larger than the store's limit."""

    code = "file-too-large"


class FileMissingError(ItemError):
    """A file that the journal names is not in the store, or not with its bytes."""

    code = "file-missing"
