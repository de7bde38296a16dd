"""What sedlink tells people by mail: a channel fails, a channel is well again, what waits for a person."""

from connector.notify.compose import Letter, alert_letter, digest_letter
from connector.notify.mail import Mailer

__all__ = ["Letter", "Mailer", "alert_letter", "digest_letter"]
