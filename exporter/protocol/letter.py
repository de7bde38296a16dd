"""The one mail about what was not uploaded, and the one when it is over. Pure; nothing personal gets in."""

from collections.abc import Iterator
from datetime import datetime, tzinfo

from config.i18n import _, ngettext
from connector.masking import mask
from connector.notify import Letter
from exporter.protocol.collect import Protocol
from exporter.reasons import REASONS, advice_of, text_of

_GROUPS = 50  # reasons written out
_SUBJECT = 150


def failing_letter(protocol: Protocol, now: datetime, zone: tzinfo) -> Letter:
    """Return the mail with the reasons, each once, however many rows it holds up."""
    if protocol.rows:
        subject = ngettext(
            "{count} row was not uploaded to the mart",
            "{count} rows were not uploaded to the mart",
            protocol.rows,
        ).format(count=protocol.rows)
    else:
        subject = _("nothing was uploaded to the mart")
    lines = [_("As of {now}: {subject}.").format(now=_time(now, zone), subject=subject), ""]
    for batch in protocol.held:
        sentence = _(
            "{source}: too many rows were refused ({refused} of {rows}), nothing of this load was published."
        )
        total = batch.rows + batch.refused
        lines += [sentence.format(source=batch.source, refused=batch.refused, rows=total), ""]
    lines += _reasons(protocol)
    lines += [
        _("All rows by name: sedlink export protocol --report protocol.xlsx"),
        _("After the correction they go with the next load by themselves; then one more mail comes."),
    ]
    return _letter(subject, lines)


def over_letter(since: datetime, now: datetime, zone: tzinfo) -> Letter:
    """Return the mail that everything is uploaded again."""
    subject = _("everything is uploaded to the mart again")
    body = _("What was held up since {since} is uploaded or no longer stands in the way, as of {now}.")
    return _letter(subject, [body.format(since=_time(since, zone), now=_time(now, zone))])


def _reasons(protocol: Protocol) -> Iterator[str]:
    groups = protocol.counts.most_common()
    for where, number in groups[:_GROUPS]:
        target, cabinet, card_file, code = where
        reason = text_of(code) if code in REASONS else code
        yield f"{reason}: {number}"
        place = (
            _("cabinet {cabinet}").format(cabinet=cabinet) if cabinet is not None else "",
            _("card file «{name}»").format(name=card_file) if card_file else "",
            _("data mart {name}").format(name=target) if target != "mart" else "",
        )
        if any(place):
            yield "  " + ", ".join(filter(None, place))
        if code in REASONS:
            yield "  " + _("What to do: {advice}").format(advice=advice_of(code))
        named = protocol.named[where]
        more = f" … (+{number - len(named)})" if number > len(named) else ""
        yield "  " + _("Cards: {cards}").format(cards=", ".join(named) + more)
        yield ""
    if len(groups) > _GROUPS:
        yield _("… and {count} reasons more.").format(count=len(groups) - _GROUPS)
        yield ""


def _letter(subject: str, lines: list[str]) -> Letter:
    """A value from outside makes neither a header nor a line of its own."""
    short = " ".join(_plain(f"sedlink: {subject}").split())[:_SUBJECT]
    return Letter(short, "\n".join(_plain(line).rstrip() for line in lines) + "\n")


def _plain(text: str) -> str:
    return "".join(char if char.isprintable() else " " for char in mask(text))


def _time(moment: datetime, zone: tzinfo) -> str:
    return moment.astimezone(zone).strftime("%d.%m.%Y %H:%M")
