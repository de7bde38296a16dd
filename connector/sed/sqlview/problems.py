"""What a database's error means for the one who must act: wait, correct the settings, or look it up."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import (
    DBAPIError,
    InterfaceError,
    NoSuchModuleError,
    OperationalError,
    ProgrammingError,
    SQLAlchemyError,
)

from config.i18n import _
from connector.errors import AuthError, ConnectorError, PermanentError, RetryableError
from connector.masking import mask

# How engines say that they do not know the user. Codes where there are any, else their own words.
_STRANGER = (
    "28000", "28P01", "password authentication failed", "no password supplied", "18456", "Login failed",
    "ORA-01017", "ORA-28000", "Access denied for user", "(1045",
)  # fmt: skip
_STATEMENT = ("no such table", "no such column", "syntax error", "unable to open", "readonly database")


@contextmanager
def translated(place: str) -> Iterator[None]:
    """Turn the database's errors into ours; `place` is the setting whose statement ran."""
    try:
        yield
    except SQLAlchemyError as error:
        raise translate(error, place) from error
    except (ImportError, NoSuchModuleError) as error:
        raise AuthError(str(error), code="driver") from error


def translate(error: SQLAlchemyError, place: str) -> ConnectorError:
    """Return our error for one of the database."""
    why = first_line(error)
    if any(word in why or word == state(error) for word in _STRANGER):
        return AuthError(_("the database does not let us in: {why}").format(why=why))
    if _is_statement(error, why):
        sentence = _("{place}: the database refuses the statement: {why}").format(place=place, why=why)
        return AuthError(sentence, code="statement")
    if isinstance(error, OperationalError | InterfaceError) or getattr(
        error, "connection_invalidated", False
    ):
        return RetryableError(_("the database is not reached: {why}").format(why=why))
    return PermanentError(f"{place}: {why}")


def _is_statement(error: SQLAlchemyError, why: str) -> bool:
    """Whether the statement or its rights are wrong, not one row of data."""
    if told := state(error):
        return told.startswith(("42", "3D", "3F"))
    return isinstance(error, ProgrammingError) or any(word in why for word in _STATEMENT)


def first_line(error: BaseException) -> str:
    """Return the engine's own words, without the values of parameters."""
    cause = error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
    return mask(str(cause).strip().partition("\n")[0])[:300]


def state(error: BaseException) -> str:
    """Return SQLSTATE, where the driver tells it."""
    return str(getattr(getattr(error, "orig", None), "sqlstate", "") or "")
