"""Every error this library can raise has words for a person, with fields that the error carries."""

import ast
import string
from pathlib import Path

from smev.errors import InputError
from smev.wording import WORDING, explain

ROOT = Path(__file__).parents[2]
ERRORS = {"InputError", "UnsupportedError", "SetupError", "SigningError"}


def raised():
    """Yield (where, code, fields, text) of every construction of an error; `super().__init__` included."""
    for path in sorted((ROOT / "smev").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or len(node.args) < 2:
                continue
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            if name in ERRORS or (name == "__init__" and isinstance(node.args[0], ast.Constant)):
                yield (
                    f"{path.name}:{node.lineno}",
                    node.args[0].value,
                    {keyword.arg for keyword in node.keywords},
                    node.args[1].value,
                )


def fields(text):
    return {name for _text, name, _spec, _conversion in string.Formatter().parse(text) if name}


def test_every_error_has_its_words_and_fields():
    found = list(raised())
    assert len(found) > 40
    wrong = [
        where
        for where, code, given, text in found
        if code not in WORDING or not fields(WORDING[code]) <= given or not fields(text) <= given
    ]
    assert not wrong


def test_no_words_without_an_error():
    assert set(WORDING) == {code for _where, code, _given, _text in raised()}


def test_explain_fills_in_the_fields():
    error = InputError("key-malformed", "broken key: {reason}", reason="7 bytes")
    assert "7 bytes" in explain(error)
