"""The texts of mails, in the language of the moment. Pure: plain values in, subject and body out.

Nothing personal gets in: ids, codes, times and sentences, and the sentences are masked once more.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from itertools import groupby

from config.i18n import _, ngettext
from connector.journal.records import DeadLetter
from connector.journal.reports import Alert, AlertKind
from connector.masking import mask

_LONGEST_SUBJECT = 150
_GROUPS = 50  # of a digest are written out
_IDS = 10  # of a group are written out


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail before it has addresses: one line of subject, plain text."""

    subject: str
    body: str


def alert_letter(alert: Alert, *, cabinets: Mapping[int, str], zone: tzinfo) -> Letter:
    """Return the mail about a channel that began to fail or is well again.

    `cabinets` gives the name for each opa_id, `zone` the local time to write.
    """
    title = channel_title(alert.channel, cabinets)
    if alert.kind is AlertKind.RECOVERED:
        subject = _("{channel}: works again").format(channel=title)
        lines = [
            _("{channel} works again.").format(channel=title),
            "",
            _("It did not work from {since} to {until}.").format(
                since=_time(alert.since, zone), until=_time(alert.until, zone)
            ),
            _("Nothing was lost: what waited is on its way."),
        ]
        return _letter(subject, lines)
    subject = _("{channel}: does not work").format(channel=title)
    lines = [
        _("{channel} does not work since {since}.").format(channel=title, since=_time(alert.since, zone)),
        "",
        _("Reason ({code}): {sentence}").format(code=alert.error_code, sentence=alert.sentence),
        "",
        *_advice(alert),
    ]
    return _letter(subject, lines)


def _advice(alert: Alert) -> Iterator[str]:
    if alert.needs_person:
        yield _("sedlink does not try again until the settings are corrected.")
        yield _("What to do: correct them, check with «sedlink config check», reload the service.")
    else:
        yield _("sedlink tries again by itself and writes once more when it works.")
    yield _("Everything else goes on; nothing is lost. State of the exchange: sedlink status")


def digest_letter(
    parked: Sequence[DeadLetter], *, cabinets: Mapping[int, str], now: datetime, zone: tzinfo
) -> Letter | None:
    """Return the daily mail of what waits for a person and why; None when nothing does."""
    if not parked:
        return None
    subject = ngettext(
        "{count} item waits for a person", "{count} items wait for a person", len(parked)
    ).format(count=len(parked))
    lines = [_("As of {now}: {subject}.").format(now=_time(now, zone), subject=subject), ""]
    groups = [list(group) for _key, group in groupby(sorted(parked, key=_group), key=_group)]
    for group in groups[:_GROUPS]:
        lines += [*_group_lines(group, cabinets, zone), ""]
    if len(groups) > _GROUPS:
        lines += [_("… and {count} reasons more.").format(count=len(groups) - _GROUPS), ""]
    lines.append(_("The whole list: sedlink dead list. After the correction: sedlink dead retry"))
    return _letter(subject, lines)


def _group(letter: DeadLetter) -> tuple[int, str, str]:
    return letter.opa_id, letter.error_code, letter.stage


def _group_lines(group: Sequence[DeadLetter], cabinets: Mapping[int, str], zone: tzinfo) -> Iterator[str]:
    first = min(group, key=lambda letter: letter.parked_at)
    yield _("{cabinet}: {count}, code {code}, step {stage}").format(
        cabinet=_cabinet(first.opa_id, cabinets),
        count=len(group),
        code=first.error_code,
        stage=first.stage,
    )
    yield "  " + _("For example: {sentence}").format(sentence=first.sentence)
    yield "  " + _("The oldest waits since {since}").format(since=_time(first.parked_at, zone))
    behind = sum(letter.waiting_behind for letter in group)
    if behind:
        yield "  " + _("Behind them wait: {count}").format(count=behind)
    ids = ", ".join(letter.platform_id for letter in group[:_IDS])
    more = f" … (+{len(group) - _IDS})" if len(group) > _IDS else ""
    yield "  " + _("Numbers on the platform: {ids}").format(ids=ids + more)


def channel_title(channel: str, cabinets: Mapping[int, str]) -> str:
    """Return a channel's name for a person: `platform:101` → the cabinet, `sed:delo` → the SED."""
    way, _colon, name = channel.partition(":")
    if way == "platform" and name.isdecimal():
        return _("Platform, {cabinet}").format(cabinet=_cabinet(int(name), cabinets))
    if way == "sed":
        return _("SED {name}").format(name=name)
    return channel


def _cabinet(opa_id: int, cabinets: Mapping[int, str]) -> str:
    return _("cabinet «{name}» ({opa_id})").format(name=cabinets.get(opa_id, "?"), opa_id=opa_id)


def _time(moment: datetime | None, zone: tzinfo) -> str:
    return moment.astimezone(zone).strftime("%d.%m.%Y %H:%M %Z") if moment else "?"


def _letter(subject: str, lines: Sequence[str]) -> Letter:
    """Put the parts together; a line from outside can make neither a header nor a line of its own."""
    short = _one_line(f"sedlink: {subject}")
    return Letter(short[:_LONGEST_SUBJECT], "\n".join(_one_line(line, keep=True) for line in lines) + "\n")


def _one_line(text: str, *, keep: bool = False) -> str:
    shown = "".join(char if char.isprintable() else " " for char in mask(text))
    return shown.rstrip() if keep else " ".join(shown.split())
