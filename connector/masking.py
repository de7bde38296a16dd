"""Hides secrets and personal data in a text that leaves for a log, a mail or a report.

Patterns catch what can be told by its form: e-mail addresses, telephones, СНИЛС, tokens, passwords beside
their names. Values that have no form (a password) are registered with `protect`.
"""

import base64
import json
import re
import threading
from functools import reduce
from urllib.parse import quote, quote_plus

from config.secret import MASK, Secret

_SHORTEST = 4  # a registered value shorter than this would eat ordinary words
# Somebody's password may be one of these. Hiding it would take from the patterns the name beside which they
# find every other password, and hide nothing: the word is in the logs anyway.
_OWN_WORDS = frozenset(
    {"password", "passwd", "secret", "token", "authorization", "bearer", "basic", "пароль", "секрет"}
)

# Every pattern is linear: a start it can try at each letter of a long text would be quadratic.
_BESIDE_ITS_NAME = (
    r"((?:password|passwd|pwd|secret|token|api[_-]?key|jti|пароль|секрет|токен)[\w-]{0,40}[\"']?\s{0,3}[:=]\s{0,3})"
    r"(?!\*{4})(?:\"[^\"]*\"?|'[^']*'?|[^\s\"'&,;{}()<>]+)"
)
_PATTERNS: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern, re.IGNORECASE), replacement)
    for pattern, replacement in (
        (r"(?<=://)[^\s/@]+(?=@)", MASK),  # user:password@host
        (r"\b(authorization\W{1,4})(?:\w{1,20} {1,3})?[^\s'\",;]+", rf"\1{MASK}"),
        (r"\b(bearer|(?-i:Basic))\s{1,3}[\w.~+/=-]{6,}", rf"\1 {MASK}"),
        (r"\beyJ[\w-]{6,}\.[\w-]+(?:\.[\w-]*)?", MASK),  # a JSON web token
        (_BESIDE_ITS_NAME, rf"\1{MASK}"),
        (r"(?<![\w.+%-])[\w.+%-]+@[\w-]+(?:\.[\w-]+)+", MASK),
        (r"(?<![\w.-])\d{3}[- ]\d{3}[- ]\d{3}[- ]\d{2}(?![\w-])", MASK),  # СНИЛС 112-233-445 95
        (r"(?<![\w.])\+\d[\d\s()-]{8,18}\d(?!\w)", MASK),  # an international telephone number
        (r"(?<![\w.+-])[78][\s-]?\(?\d{3}\)?[\s-]?\d{3}[\s-]?\d{2}[\s-]?\d{2}(?![\w-])", MASK),
        (r"(?<![\w.+-])\(\d{3,5}\)\s?\d{1,3}[\s-]?\d{2}[\s-]?\d{2}(?![\w-])", MASK),  # (495) 123-45-67
    )
)
_ELEVEN = re.compile(r"(?<![\w.-])\d{11}(?![\w-])")


class _Registry:
    """The values that must never show, in every spelling in which they travel.

    Hundreds of cabinets make a thousand values: plain searches are many times faster here than one
    expression of a thousand branches.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: dict[str, int] = {}
        self._forms: tuple[str, ...] | None = ()  # longest first; None = to be made again

    def add(self, value: str, change: int) -> None:
        if len(value) < _SHORTEST or value.casefold() in _OWN_WORDS:
            return
        with self._lock:
            known = value in self._counts
            self._counts[value] = self._counts.get(value, 0) + change
            if self._counts[value] <= 0:
                del self._counts[value]
            if known != (value in self._counts):
                self._forms = None

    def hide(self, text: str) -> str:
        forms = self._forms
        if forms is None:
            with self._lock:
                spellings = {form for known in self._counts for form in _spellings(known)}
                forms = self._forms = tuple(sorted(spellings, key=len, reverse=True))
        for form in forms:
            if form in text:
                text = text.replace(form, MASK)
        return text


_registry = _Registry()


def protect(*secrets: Secret) -> None:
    """Hide these values in every masked text from now on. Values under 4 characters cannot be told apart."""
    for secret in secrets:
        _registry.add(secret.reveal(), 1)


def release(*secrets: Secret) -> None:
    """Forget values that are of no use any more: an expired token."""
    for secret in secrets:
        _registry.add(secret.reveal(), -1)


def mask(text: str) -> str:
    """Return the text with secrets and personal data shown as ****."""
    hidden = _registry.hide(text)
    hidden = reduce(lambda part, rule: rule[0].sub(rule[1], part), _PATTERNS, hidden)
    return _ELEVEN.sub(lambda match: MASK if _is_snils(match[0]) else match[0], hidden)


def _spellings(value: str) -> set[str]:
    raw = value.encode("utf-8", "replace")
    escaped = json.dumps(value)[1:-1]
    plain = base64.b64encode(raw).decode().rstrip("=")
    return {value, quote(raw, safe=""), quote_plus(raw), escaped, repr(value)[1:-1], plain}


def _is_snils(digits: str) -> bool:
    """Whether eleven digits bear the control number of a СНИЛС (nine digits, then their weighted sum)."""
    total = sum(int(digit) * weight for digit, weight in zip(digits, range(9, 0, -1), strict=False))
    return total % 101 % 100 == int(digits[9:])
