"""What can go wrong with a file as a whole; what is wrong inside it is a finding (findings.py).

MappingError
├── FileError        the file cannot be read or written: the administrator saves it again or picks another
├── StoreError       the store lacks what the command needs: a classifier, a version, an edition
└── RefusedError     the step is possible but unsafe: it waits for a correction or a confirmation
"""


class MappingError(Exception):
    """A sentence for the person who must act; `code` is stable for programs."""

    code = "mapping"


class FileError(MappingError):
    """The file cannot be used as a whole."""

    code = "file"


class StoreError(MappingError):
    """The store does not hold what was asked for."""

    code = "store"


class RefusedError(MappingError):
    """Nothing was changed; the text says what to correct or to confirm."""

    code = "refused"
