"""Sends letters over SMTP: encrypted and verified, or not at all when that was asked for."""

import logging
import smtplib
import ssl
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from email import policy
from email.errors import MessageError
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid
from pathlib import Path
from typing import Protocol

from config.i18n import _
from config.secret import Secret
from connector.errors import AuthError, ConnectorError, PermanentError, RetryableError
from connector.masking import mask, protect
from connector.notify.compose import Letter

log = logging.getLogger(__name__)

_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


class MailChoice(Protocol):
    """What the configuration says about mail; `security` is none, starttls or tls."""

    @property
    def host(self) -> str: ...  # noqa: D102
    @property
    def port(self) -> int: ...  # noqa: D102
    @property
    def security(self) -> str: ...  # noqa: D102
    @property
    def user(self) -> str: ...  # noqa: D102
    @property
    def password(self) -> Secret | None: ...  # noqa: D102
    @property
    def ca_file(self) -> Path | None: ...  # noqa: D102
    @property
    def sender(self) -> str: ...  # noqa: D102
    @property
    def recipients(self) -> Sequence[str]: ...  # noqa: D102


def utc_now() -> datetime:
    """Return the moment, UTC."""
    return datetime.now(UTC)


class Mailer:
    """Sends letters by one account. Each letter has a connection of its own: mails are rare."""

    def __init__(
        self, choice: MailChoice, *, timeout: float = 30.0, clock: Callable[[], datetime] = utc_now
    ) -> None:
        self._choice = choice
        self._timeout = timeout
        self._clock = clock
        if choice.password is not None:
            protect(choice.password)

    def send(self, letter: Letter) -> None:
        """Send a letter to every recipient.

        Raises RetryableError, AuthError (the account or the encryption does not work) or PermanentError
        (the server refuses the letter), each with a sentence.
        """
        message = self._message(letter)
        with self._translated(), self._session() as session:
            refused = session.send_message(message)
        if refused:
            log.warning("mail server refused %d of %d recipients", len(refused), len(self._choice.recipients))

    def _message(self, letter: Letter) -> EmailMessage:
        choice = self._choice
        message = EmailMessage(policy=policy.SMTP)
        try:
            message["From"] = choice.sender
            message["To"] = ", ".join(choice.recipients)
            message["Subject"] = letter.subject
            message["Date"] = format_datetime(self._clock())
            message["Message-ID"] = make_msgid(domain=choice.sender.rpartition("@")[2].strip("> ") or None)
            message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no out-of-office answers
            message.set_content(letter.body)
        except (ValueError, MessageError) as error:  # a line break in an address or a subject
            raise PermanentError(
                _("mail: a header cannot be written ({error}); check mail.sender and mail.recipients").format(
                    error=error
                )
            ) from error
        return message

    @contextmanager
    def _session(self) -> Iterator[smtplib.SMTP]:
        choice = self._choice
        if choice.security == "none" and choice.user and choice.host not in _LOOPBACK:
            raise AuthError(_("mail: without encryption no password is sent; set mail.security to starttls"))
        with self._connected() as session:
            if choice.security == "starttls":
                session.starttls(context=self._tls())  # raises when the server offers none
            if choice.user:
                session.login(choice.user, choice.password.reveal() if choice.password else "")
            yield session

    def _connected(self) -> smtplib.SMTP:
        choice = self._choice
        if choice.security == "tls":
            return smtplib.SMTP_SSL(choice.host, choice.port, timeout=self._timeout, context=self._tls())
        return smtplib.SMTP(choice.host, choice.port, timeout=self._timeout)

    def _tls(self) -> ssl.SSLContext:
        try:
            return ssl.create_default_context(cafile=self._choice.ca_file)
        except OSError as error:
            path = self._choice.ca_file
            raise AuthError(
                _("mail.ca_file: {path} cannot be read as PEM certificates: {error}").format(
                    path=path, error=error
                )
            ) from error

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except (smtplib.SMTPException, OSError, ValueError) as error:
            where = f"{self._choice.host}:{self._choice.port}"
            raise _translate(error, _("mail server {where}").format(where=where)) from error


def _translate(error: Exception, server: str) -> ConnectorError:
    """Say by what to do next: correct the account, correct an address, or wait."""
    if isinstance(error, smtplib.SMTPAuthenticationError):
        return AuthError(_("{server} refuses the user or the password").format(server=server))
    if isinstance(error, smtplib.SMTPNotSupportedError):
        return AuthError(
            _("{server} does not offer what mail.security or mail.user ask for").format(server=server)
        )
    if isinstance(error, ssl.SSLCertVerificationError):
        return AuthError(
            _("{server}: its certificate is not trusted ({why}); set mail.ca_file").format(
                server=server, why=error.verify_message
            )
        )
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return _refused([code for code, _text in error.recipients.values()], server)
    if isinstance(error, smtplib.SMTPResponseException):
        return _refused([error.smtp_code], server)
    return RetryableError(_("{server} is not reached: {why}").format(server=server, why=mask(str(error))))


def _refused(codes: Sequence[int], server: str) -> ConnectorError:
    sentence = _("{server} did not take the mail (code {codes})").format(
        server=server, codes=", ".join(str(code) for code in sorted(set(codes)))
    )
    return PermanentError(sentence) if all(code >= 500 for code in codes) else RetryableError(sentence)
