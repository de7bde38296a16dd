"""What is left of a message and of a SED's event when personal data must go: enough for counts and keys."""

from dataclasses import replace

from connector.appeal import Appeal, Applicant, Event, Person


def redacted_appeal(appeal: Appeal) -> Appeal:
    """Return the message without people, words and addresses; dates, categories and territory codes stay."""
    return replace(
        appeal,
        text="",
        questions=tuple(replace(question, text="") for question in appeal.questions),
        applicant=Applicant(Person()),
        co_applicants=(),
        attachments=(),
        territory=replace(appeal.territory, address="", fias_id="", latitude=None, longitude=None),
        rework_comment="",
    )


def redacted_event(event: Event) -> Event:
    """Return the event without people, words and files; kind, dates and numbers stay."""
    return replace(event, text="", executors=(), manager=None, files=(), raw={})
