"""Words for outcomes, changes and levels, and entries as people see them."""

from config.i18n import N_, _
from mappings.crosswalk import Decision, Outcome
from mappings.editions import ChangeKind, Item
from mappings.model import Direction, Rule
from mappings.trial import Effect
from mappings.versions_diff import RuleChange
from mappings.vocab import DO_NOT_EXPORT
from mappings.words import SEPARATOR

OUTCOMES = {
    Outcome.CODE: N_("has a code"),
    Outcome.NO_MATCH: N_("nothing corresponds"),
    Outcome.UNMAPPED: N_("unmapped"),
    Outcome.CONFLICT: N_("conflict of rules"),
    Outcome.CATEGORY: N_("has a category"),
    Outcome.EXCLUDED: N_("do not export"),
}
CHANGES = {
    ChangeKind.NEW: N_("new"),
    ChangeKind.GONE: N_("gone"),
    ChangeKind.RENAMED: N_("renamed"),
    ChangeKind.MOVED: N_("moved"),
}
RULE_CHANGES = {
    RuleChange.ADDED: N_("added"),
    RuleChange.REMOVED: N_("removed"),
    RuleChange.CHANGED: N_("changed"),
}
EFFECTS = {
    Effect.SAME: N_("the same"),
    Effect.CHANGED: N_("another answer"),
    Effect.ANSWERED: N_("gets a code"),
    Effect.LOST: N_("loses its code"),
}
LEVELS = {
    "section": N_("section"),
    "thematic": N_("thematic"),
    "theme": N_("theme"),
    "question": N_("question"),
    "subquestion": N_("subquestion"),
}


def item_title(item: Item | None) -> str:
    """Return an entry as people see it: code and name, or the full path."""
    if item is None:
        return ""
    return f"{item.key} {item.name}" if item.national else item.title


def answer_title(decision: Decision) -> str:
    """Return what a decision answers: a code, a category, or the word for why there is none."""
    if decision.outcome is Outcome.CODE:
        return decision.code
    if decision.outcome is Outcome.CATEGORY:
        return SEPARATOR.join(decision.path)
    return _(OUTCOMES[decision.outcome])


def source_title(rule: Rule) -> str:
    """Return what a rule is for."""
    return SEPARATOR.join(rule.path) if rule.direction is Direction.INCOMING else rule.code


def target_title(rule: Rule) -> str:
    """Return what a rule answers."""
    if rule.excluded:
        return _(DO_NOT_EXPORT)
    return rule.code if rule.direction is Direction.INCOMING else SEPARATOR.join(rule.path)
