"""Real messages of МЭДО and СЭВ with one more defect each: what they say stays the same, nothing is lost.

The defects are those of sed.md section 2 (encodings, letter case, missing parts, odd ini files), laid over
every real sample in turn; what must come out is what the sample itself says.
"""

import re
from contextlib import suppress
from dataclasses import replace
from itertools import product

import pytest
from lxml import etree

from connector.sed.medo.envelope import read_envelope
from connector.sed.medo.look import lines, look
from connector.sed.passport import BrokenMessageError
from tests.connector.sed.test_sev_reading import read as read_sev

MEDO = (
    "medo_acknowledgment_UTF8_declared_as_cp1251", "medo_acknowledgment_no_declared_encoding",
    "medo_document", "medo_notification_refused",
    "medo_notification_registered",
)  # fmt: skip
SEV = (
    "sev_Report_Failure",
    "sev_Report_Reception",
    "sev_Report_Report",
    "sev_DocInfo",
    "sev_DocInfo_with_EDS",
)
_DECLARATION = re.compile(r"^\s*<\?xml.*?\?>\s*", re.DOTALL)


@pytest.fixture
def sample(shared_data):
    folder = shared_data / "sed" / "samples_real_anonymised"
    return lambda name: (folder / name).read_bytes()


def body_of(content):
    """Return a message as text without its declaration."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("windows-1251")
    return _DECLARATION.sub("", text)


def declared(name):
    return f'<?xml version="1.0" encoding="{name}"?>\n'


def with_crlf(text):
    return re.sub(r"\r\n|\r|\n", "\r\n", text)


def unprefixed(text):
    """Names without a prefix, attributes without a namespace."""
    told = re.sub(r"(</?|\s)xdms:", r"\1", text)
    return told.replace("xmlns:xdms=", "xmlns=")


def with_comments(text):
    return re.sub(r">(\s+)<", r"><!-- пометка --><?work here?>\1<", text)


# what a sender may do to a whole message; its meaning stays
WRAPPINGS = {
    "utf-8": lambda text: (declared("UTF-8") + text).encode(),
    "utf-8 with a mark": lambda text: b"\xef\xbb\xbf" + (declared("utf-8") + text).encode(),
    "utf-8, nothing declared": lambda text: text.encode(),
    "utf-8 declared as windows-1251": lambda text: (declared("windows-1251") + text).encode(),
    "utf-8 declared as utf-16": lambda text: (declared("utf-16") + text).encode(),
    "windows-1251": lambda text: (declared("WINDOWS-1251") + text).encode("windows-1251"),
    "windows-1251 declared as utf-8": lambda text: (declared("utf-8") + text).encode("windows-1251"),
    "windows-1251, nothing declared": lambda text: text.encode("windows-1251"),
    "koi8-r": lambda text: (declared("koi8-r") + text).encode("koi8-r"),
    "utf-16": lambda text: (declared("utf-16") + text).encode("utf-16"),
    "windows line ends": lambda text: with_crlf(declared("utf-8") + text).encode(),
    "line ends of old": lambda text: (declared("utf-8") + text).replace("\n", "\r").encode(),
    "space and zeros around": lambda text: b"\r\n \t" + (declared("utf-8") + text).encode() + b"\r\n\0\0",
    "comments and instructions": lambda text: (declared("utf-8") + with_comments(text)).encode(),
}
SPELLINGS = {
    "as it is": lambda text: text,
    "no prefix": unprefixed,
    "another namespace": lambda text: text.replace("http://www.infpres.com/IEDMS", "urn:IEDMS:MESSAGE"),
    "empty version": lambda text: re.sub(r'(xdms:version=)"[^"]*"', r'\1""', text),
    "no version": lambda text: re.sub(r' xdms:version="[^"]*"', "", text),
    "capital words": lambda text: re.sub(r'(xdms:type=)"([^"]*)"', lambda m: f'{m[1]}"{m[2].upper()}"', text),
    "ids in braces": lambda text: re.sub(
        r'(xdms:uid=)"([^"{]*)"', lambda m: f'{m[1]}"{{{m[2].upper()}}}"', text
    ),
    "quotes": lambda text: re.sub(r'(xdms:\w+)="([^"\']*)"', r"\1 = '\2'", text),
    "ё in a comment that utf-8 makes of two bytes": lambda text: f"<!-- ё -->{text}",
}


def told_by(folder, content):
    """Return what a message says, without the words that only name its version and kind."""
    path = folder / "message.xml"
    path.write_bytes(content)
    told = lines(look(path))
    return [(name, value) for name, value in told if name not in ("message.version", "message.notice.type")]


@pytest.mark.parametrize("name", MEDO)
def test_a_message_of_medo_says_the_same_however_it_is_written(tmp_path, sample, name):
    original = sample(f"{name}.xml")
    text = body_of(original)
    wanted = told_by(tmp_path, original)
    assert len(wanted) >= 6
    for wrapping, spelling in product(WRAPPINGS, SPELLINGS):
        content = WRAPPINGS[wrapping](SPELLINGS[spelling](text))
        assert told_by(tmp_path, content) == wanted, (wrapping, spelling)


@pytest.mark.parametrize("name", MEDO)
def test_whatever_is_missing_in_medo_the_rest_is_still_told(tmp_path, sample, name):
    root = etree.fromstring(body_of(sample(f"{name}.xml")).encode())
    wanted = told_by(tmp_path, etree.tostring(root, encoding="utf-8"))
    count = sum(1 for _one in root.iter())
    broken = []
    for place in range(1, count):
        copy = etree.fromstring(etree.tostring(root))
        victim = list(copy.iter())[place]
        gone = {*victim.itertext(), *(value for one in victim.iter() for value in one.attrib.values())}
        gone = {" ".join(word.split()).casefold() for word in gone}
        victim.getparent().remove(victim)
        try:
            left = {value for _name, value in told_by(tmp_path, etree.tostring(copy, encoding="utf-8"))}
        except BrokenMessageError:
            broken.append(etree.QName(victim).localname)
            continue
        kept = {
            value for _name, value in wanted if not any(part in value.casefold() for part in gone if part)
        }
        kept = {value for value in kept if not _is_moment(value)}
        assert kept - left <= {"True", "Зарегистрирован", "Отказано в регистрации"}, victim.tag
    assert len(broken) == 1
    assert broken[0] in ("document", "notification", "acknowledgment")


def _is_moment(value):
    """Times are told in another form than they stand in, so that they cannot be looked for by their words."""
    return re.fullmatch(r"\d{4}-\d\d-\d\d(T.*)?", value) is not None


def said(reading):
    """Return the events; what names a file in a message holds the message's own hash."""
    return [
        replace(event, files=tuple(replace(one, ref="") for one in event.files)) for event in reading.events
    ]


@pytest.mark.parametrize("name", SEV)
def test_a_message_of_sev_says_the_same_however_it_is_written(sample, name):
    original = sample(f"{name}.xml")
    wanted = read_sev(original)
    text = body_of(original)
    for wrapping, wrapped in WRAPPINGS.items():
        told = read_sev(wrapped(text))
        assert (said(told), told.notes) == (said(wanted), wanted.notes), wrapping


@pytest.mark.parametrize("name", SEV)
def test_whatever_is_missing_in_sev_nothing_crashes(sample, name):
    root = etree.fromstring(body_of(sample(f"{name}.xml")).encode())
    for place in range(1, sum(1 for _one in root.iter())):
        copy = etree.fromstring(etree.tostring(root))
        victim = list(copy.iter())[place]
        victim.getparent().remove(victim)
        with suppress(BrokenMessageError):
            told = read_sev(etree.tostring(copy, encoding="utf-8"))
            assert told.events or told.notes or "DocInfo" not in name  # said or noted


# ---- envelopes

ENVELOPE = "envelope_multiline_subject.ini"
ODDITIES = {
    "as it is": lambda text: text,
    "small letters": lambda text: re.sub(
        r"^(\[.*\]|[А-Я]+)(?==|$)", lambda m: m[0].lower(), text, flags=re.MULTILINE
    ),
    "spaces at the sign": lambda text: re.sub(r"^([А-Я0-9]+)=", r" \1 = ", text, flags=re.MULTILINE),
    "spaces in the title": lambda text: re.sub(r"^\[(.*)\]$", r"  [ \1 ]  ", text, flags=re.MULTILINE),
    "empty lines": lambda text: re.sub(r"^\[", "\n\n[", text, flags=re.MULTILINE),
    "a remark": lambda text: text.replace("[ФАЙЛЫ]\n", "[ФАЙЛЫ]\n; список файлов\n"),
    "quoted name": lambda text: text.replace("0=notification.xml", '0="notification.xml"'),
    "a section told twice": lambda text: text.replace("[ФАЙЛЫ]\n", "[ФАЙЛЫ]\n[ФАЙЛЫ]\n"),
    "an unknown section": lambda text: text + "\n[СЛУЖЕБНОЕ]\nВЕРСИЯ",
    "a date told twice": lambda text: text.replace(
        "ДАТА=07.12.2014 13:53:32", "ДАТА=07.12.2014 13:53:32\nДАТА=01.01.2001 00:00:00"
    ),
    "a flag told twice": lambda text: text.replace("ЭЦП=1", "ЭЦП=1\nЭЦП=0"),
    "an unknown key": lambda text: text.replace("ЭЦП=1", "ЭЦП=1\nСРОЧНОСТЬ=0"),
    "the end of a file of old": lambda text: text + "\r\n\x1a",
    "files before addresses": lambda text: re.sub(
        r"(\[АДРЕСАТЫ\]\n.*?)(\[ФАЙЛЫ\]\n.*)", r"\2\n\1", text, flags=re.DOTALL
    ),
}
LINE_ENDS = {"lf": "\n", "crlf": "\r\n", "cr": "\r"}
ENCODINGS = ("windows-1251", "utf-8", "utf-8-sig", "utf-16")


def test_an_envelope_says_the_same_however_it_is_written(sample):
    text = sample(ENVELOPE).decode("windows-1251").replace("\r\n", "\n")
    wanted = read_envelope(sample(ENVELOPE))
    for odd, end, encoding in product(ODDITIES, LINE_ENDS, ENCODINGS):
        told = read_envelope(ODDITIES[odd](text).replace("\n", LINE_ENDS[end]).encode(encoding))
        assert told == wanted, (odd, end, encoding)


def test_every_address_and_file_of_equal_numbers_is_there(sample):
    text = sample(ENVELOPE).decode("windows-1251")
    twice = text.replace("0=notification.xml", "0=notification.xml\r\n0=second.pdf\r\n=third.pdf")
    told = read_envelope(twice.encode("windows-1251"))
    assert told.files == ("notification.xml", "second.pdf", "third.pdf")


def test_half_an_envelope_is_an_envelope_or_a_broken_one(sample):
    content = sample(ENVELOPE)
    for end in range(len(content)):
        with suppress(BrokenMessageError):
            told = read_envelope(content[:end])
            assert set(told.files) <= {"notification.xml"[: len(one)] for one in told.files}
