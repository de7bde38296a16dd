"""The page of the stand for people: messages, what became of them, mail. Read-only, nothing from outside."""

import json
from collections.abc import Sequence
from html import escape

from config.i18n import _
from stand.mailbox import Mail
from stand.platform.state import Item, PlatformState
from stand.reconciliation import Reconciliation

_SHOWN = 300
_STYLE = """
:root{color-scheme:light dark;--line:#8884;--soft:#8881}
body{font:15px/1.45 system-ui,sans-serif;margin:0 auto;padding:1.5rem;max-width:75rem}
h1{font-size:1.4rem;margin:0 0 .25rem}h2{font-size:1.1rem;margin:2rem 0 .5rem}
table{border-collapse:collapse;width:100%}th,td{text-align:left;vertical-align:top;padding:.35rem .5rem;
border-bottom:1px solid var(--line)}th{font-weight:600;white-space:nowrap}
.counts{display:flex;flex-wrap:wrap;gap:.5rem;margin:1rem 0}.counts div{background:var(--soft);
border-radius:.5rem;padding:.4rem .8rem}.counts b{display:block;font-size:1.3rem}
.text{max-width:34rem;max-height:4.5em;overflow:auto;overflow-wrap:anywhere}.bad{color:#c33}
.table{overflow-x:auto}small{opacity:.7}
"""


def render(count: Reconciliation, platform: PlatformState, mails: Sequence[Mail]) -> str:
    """Return the page in the language of the moment."""
    title = _("The stand: a platform and a document-management system to try sedlink on")
    note = escape(_("Everybody and everything here is artificial, unless a feed was given."))
    meta = '<meta charset="utf-8"><meta name="viewport" content="width=device-width">'
    return (
        f"<!DOCTYPE html><html><head>{meta}"
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head><body><h1>{escape(title)}</h1>"
        f"<p><small>{note}</small></p>"
        f"{_counts(count)}{_messages(platform)}{_mails(mails)}</body></html>"
    )


def _counts(count: Reconciliation) -> str:
    shown = (
        (_("offered"), count.offered), (_("accepted by sedlink"), count.received),
        (_("registered in the SED"), count.registered), (_("interim statuses"), count.interim),
        (_("answered"), count.answered), (_("refused"), count.refused),
        (_("redirected"), count.redirected), (_("postponed"), count.postponed),
    )  # fmt: skip
    boxes = "".join(f"<div><b>{number}</b>{escape(name)}</div>" for name, number in shown)
    wrong = (*count.doubled, *count.out_of_order, *count.wrong)
    rows = "".join(f"<li>{escape(one)}</li>" for one in wrong[:_SHOWN])
    title = escape(_("What is wrong"))
    problems = f'<h2>{title}</h2><ul class="bad">{rows}</ul>' if rows else ""
    return f'<div class="counts">{boxes}</div>{problems}'


def _messages(platform: PlatformState) -> str:
    heads = (
        _("Message"), _("Cabinet"), _("Category"), _("Text"), _("Files"), _("Round"), _("Stage"), _("Rating"),
    )  # fmt: skip
    head = "".join(f"<th>{escape(one)}</th>" for one in heads)
    rows = "".join(_row(platform, item) for item in platform.items(_SHOWN))
    title = escape(_("Messages"))
    return f'<h2>{title}</h2><div class="table"><table><tr>{head}</tr>{rows}</table></div>'


def _row(platform: PlatformState, item: Item) -> str:
    wire = json.loads(item.message.wire)
    cells = (
        item.message.number,
        platform.cabinets[item.message.opa_id].name,
        f"{wire.get('subjectName', '')} / {wire.get('subsubjectName', '')}",
        wire.get("description", ""),
        "\n".join(spec.name for _id, spec in item.message.files),
        str(item.round),
        str(item.history[-1]["statusText"]) if item.accepted else _("waits to be taken"),
        str(item.rating or ""),
    )
    return "<tr>" + "".join(f'<td><div class="text">{escape(cell)}</div></td>' for cell in cells) + "</tr>"


def _mails(mails: Sequence[Mail]) -> str:
    if not mails:
        return ""
    rows = "".join(
        f"<tr><td>{escape(', '.join(mail.recipients))}</td><td>{escape(mail.subject)}</td>"
        f'<td><div class="text">{escape(mail.text)}</div></td></tr>'
        for mail in reversed(mails[-_SHOWN:])
    )
    heads = "".join(f"<th>{escape(one)}</th>" for one in (_("To"), _("Subject"), _("Text")))
    title = escape(_("Mailbox"))
    return f'<h2>{title}</h2><div class="table"><table><tr>{heads}</tr>{rows}</table></div>'
