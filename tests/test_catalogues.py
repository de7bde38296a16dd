"""Everything a user sees is translated: every marked message has Russian words with the same fields."""

import ast
import string
from pathlib import Path

from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

ROOT = Path(__file__).parent.parent
ROOMS = ("cli.py", "config", "connector", "exporter", "mappings", "smev", "stand")
KEYWORDS = {"_": None, "N_": None, "ngettext": (1, 2)}


def marked_messages():
    for room in ROOMS:
        if room.endswith(".py"):
            tree = ast.parse((ROOT / room).read_text(encoding="utf-8"))
            for node in ast.walk(tree):
                if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "_":
                    yield room, node.args[0].value
            continue
        method_map = [("**.py", "python")]
        for name, _line, message, *_rest in extract_from_dir(str(ROOT / room), method_map, keywords=KEYWORDS):
            for text in message if isinstance(message, tuple) else (message,):
                yield f"{room}/{name}", text


def russian():
    messages = {}
    for path in sorted((ROOT / "config/locale/ru/LC_MESSAGES").glob("*.po")):
        with path.open("rb") as source:
            for message in read_po(source):
                ids = message.id if isinstance(message.id, tuple) else (message.id,)
                strings = message.string if isinstance(message.string, tuple) else (message.string,)
                for text in ids:
                    messages[text] = strings
    return messages


def fields(text):
    return {name for _text, name, _spec, _conversion in string.Formatter().parse(text) if name is not None}


def test_every_marked_message_is_translated():
    translated = russian()
    missing = [
        f"{where}: {text!r}" for where, text in marked_messages() if not all(translated.get(text, ("",)))
    ]
    assert not missing, "no Russian words in config/locale/ru/LC_MESSAGES/<room>.po for:\n" + "\n".join(
        missing
    )


def test_translation_has_the_same_fields():
    wrong = [
        f"{text!r}: {translation!r}"
        for text, translations in russian().items()
        for translation in translations
        if text and not fields(translation) <= fields(text)
    ]
    assert not wrong, "the Russian words use fields that the English ones do not have:\n" + "\n".join(wrong)
