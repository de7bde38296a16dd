"""The capability matrix of docs/sed-matrix.md, out of the adapters themselves and their quality files.

`python -m connector.sed.matrix > docs/sed-matrix.md`
"""

import os
import sys
from pathlib import Path

from config.i18n import N_, _, speaking
from connector.sed import Capabilities
from connector.sed.quality import EXPERIMENTAL, RULES, Quality, read_quality
from connector.sed.registry import KINDS, build

SECRET = "SEDLINK_SAMPLE_SECRET"  # noqa: S105 - the name of a variable that the samples name
CLAIMS = {
    "exchange": N_("takes messages"),
    "find_by_key": N_("found by key"),
    "async_registration": N_("number comes later"),
    "answer_files": N_("files of the answer"),
    "cards": N_("cards for the mart"),
    "card_cursor": N_("cards by cursor"),
    "annotate": N_("marks on a card's question"),
    "dictionaries": N_("dictionaries"),
}
SIGNS = {"done": "✓", "todo": "…", "exempt": "—"}


def markdown() -> str:
    """Return the page, in the language that is spoken."""
    seds = {kind: read_quality(kind) for kind in KINDS}
    claims = {kind: capabilities(kind, quality) for kind, quality in seds.items()}
    header = ["", *(f"{quality.title} (`{kind}`)" for kind, quality in seds.items())]
    can = [[_(title), *(_claim(getattr(claims[k], name)) for k in seds)] for name, title in CLAIMS.items()]
    kept = [
        [_(rule.title), *(SIGNS[seds[k].rules[name].state] for k in seds)] for name, rule in RULES.items()
    ]
    reasons = [
        f"- `{kind}`, {_(RULES[name].title)}: {mark.reason}."
        for kind, quality in seds.items()
        for name, mark in quality.rules.items()
        if mark.reason
    ]
    tried = [f"- `{kind}`: {_(words)}." for kind, words in EXPERIMENTAL.items()]
    parts = [
        "# " + _("Adapters of document-management systems: what they can do"),
        _("Made by `python -m connector.sed.matrix`; a test keeps it up to date."),
        "## " + _("Capabilities"), _table(header, can),
        "## " + _("Rules of the conformance suite"), _("✓ done, … to do, — exempt with a reason."),
        _table(header, kept), "## " + _("Reasons"), "\n".join(reasons),
        "## " + _("Experimental"), "\n".join(tried),
    ]  # fmt: skip
    return "\n\n".join(parts) + "\n"


def capabilities(kind: str, quality: Quality) -> Capabilities:
    """Return what an adapter claims when it is built with the sample settings of its quality file."""
    os.environ.setdefault(SECRET, "sample")
    return build(kind, quality.sample, Path("/nonexistent")).capabilities


def _claim(value: object) -> str:
    if isinstance(value, tuple):
        return ", ".join(f"`{one}`" for one in value) or "—"
    return "✓" if value else "—"


def _table(header: list[str], rows: list[list[str]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


if __name__ == "__main__":
    with speaking("ru"):
        sys.stdout.write(markdown())
