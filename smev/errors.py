"""One tree of errors, sorted by what the reader must do next; each carries a stable machine-readable code.

Texts are English; whoever shows them to a person translates by `code` and fills in `fields`.
"""


class SmevError(Exception):
    """The root of everything this library raises on purpose.

    `code` is stable across versions ("xml-malformed"); `fields` are the named values of the text.
    """

    def __init__(self, code: str, text: str, **fields: str | int) -> None:
        super().__init__(text.format(**fields))
        self.code = code
        self.fields = fields


class InputError(SmevError):
    """What was given is broken or dangerous: correct it, or ask its sender for another one."""


class UnsupportedError(SmevError):
    """What was given may be sound, but this library does not speak it; another tool may."""


class SetupError(SmevError):
    """This machine lacks something, or a setting is wrong: a backend, a command, a key, a folder."""


class SigningError(SmevError):
    """The signer refused or failed: look at the key, the token or the command, then repeat."""
