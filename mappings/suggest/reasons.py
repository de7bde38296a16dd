"""Why an entry was proposed, in the administrator's own words; and the sub-question that these words name."""

from collections.abc import Iterable

from config.i18n import _
from mappings.suggest.index import Hit, Term
from mappings.suggest.learned import Example
from mappings.suggest.tree import Proposal
from mappings.suggest.words import stem, words
from mappings.words import SEPARATOR

MOST = 5  # reasons shown
WORTH = 0.08  # a word that gave less of the sum than this is not shown
NAMED = 1.0  # weight of one word of the sub-category: less does not name a sub-question
CLOSE = 2.0  # standard deviations from which meaning is a reason of its own


def explain(hit: Hit | None, close: float, learned: tuple[float, Example] | None) -> tuple[str, ...]:
    """Return the reasons, the weightiest first: checked rows, words and what they mean, meaning."""
    why = []
    if learned:
        _near, row = learned
        name = SEPARATOR.join(
            part for part in (row.asked.category, row.asked.subcategory, row.asked.fact) if part
        )
        why.append(_("checked before: {category}").format(category=name))
    if hit:
        why += _said(hit)[:MOST]
    if close >= CLOSE:
        why.append(_("close in meaning"))
    return tuple(why)


def named_below(one: Proposal, terms: Iterable[Term]) -> tuple[Proposal, str] | None:
    """Return the sub-question that the category's own words tell from its sisters, and the word that does."""
    said = {root: term for term in terms if not term.said for root, _closeness in term.stems}
    best: tuple[tuple[float, int], Proposal, str] | None = None
    upper = {stem(word) for word in words(one.name)}
    for lower in one.below:
        own = {stem(word) for word in words(lower.name)} - upper
        named = own & said.keys()
        rank = (sum(said[root].weight for root in named), -len(own))
        if rank[0] >= NAMED and (best is None or rank > best[0]):
            best = (rank, lower, said[min(named)].word)
    return best[1:] if best else None


def _said(hit: Hit) -> list[str]:
    """Put the words of one phrase together: «лифт → имущество, общее»."""
    brought: dict[str, list[str]] = {}
    sums: dict[str, float] = {}
    for term, value in sorted(hit.parts, key=lambda part: (-part[1], part[0].word)):
        key = term.said or term.word
        brought.setdefault(key, [])
        if term.said:
            brought[key].append(term.word)
        sums[key] = sums.get(key, 0.0) + value
    ranked = sorted(sums, key=lambda key: (-sums[key], key))
    return [
        f"{key} → {', '.join(brought[key])}" if brought[key] else key
        for key in ranked
        if sums[key] >= WORTH * hit.score
    ]
