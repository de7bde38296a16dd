"""From a SED's event to the reply that the platform gets. Pure."""

from connector.appeal import CardRef, Event, EventKind, Reply
from connector.lifecycle import Rule


def reply_to(
    *, opa_id: int, platform_id: str, round_: int, card: CardRef | None, event: Event, rule: Rule
) -> Reply:
    """Return what an event tells the platform by a rule of the status table."""
    registered = event.kind is EventKind.REGISTERED
    answered = event.kind is EventKind.ANSWER
    return Reply(
        opa_id=opa_id,
        platform_id=platform_id,
        round=round_,
        event_id=event.id,
        kind=rule.reply,
        status=rule.status,
        status_text=rule.status_text,
        text=event.text or _filled(rule.text, event),
        executor=event.executors[0] if event.executors else None,
        manager=event.manager,
        card_number=event.number if registered else (card.number if card else ""),
        card_date=event.document_date if registered else (card.registered_on if card else None),
        outgoing_number=event.number if answered else "",
        outgoing_date=event.document_date if answered else None,
        postponed_to=event.deadline if event.kind is EventKind.EXTENDED else None,
        forwarded_to=event.organisation,
        files=event.files,
    )


def _filled(template: str, event: Event) -> str:
    """Fill `{organisation}`, `{deadline}`, `{number}`; other braces of the table's text stay."""
    deadline = event.deadline.strftime("%d.%m.%Y") if event.deadline else ""
    for name, value in (
        ("organisation", event.organisation),
        ("deadline", deadline),
        ("number", event.number),
    ):
        template = template.replace("{" + name + "}", value)
    return template
