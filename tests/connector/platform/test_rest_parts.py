"""The small parts of the REST way: profile, file names, paging, the token keeper."""

import re
import threading
from pathlib import Path, PurePosixPath, PureWindowsPath
from urllib.parse import quote

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from config.secret import Secret
from connector.appeal import ReplyKind
from connector.errors import AuthError
from connector.masking import mask
from connector.platform.rest.filename import from_header, safe_name
from connector.platform.rest.listing import read_all
from connector.platform.rest.profile import ProfileError, default_profile, load_profile
from connector.platform.rest.tokens import Token, TokenKeeper

# ---- profile


def test_the_profile_that_ships_is_whole():
    profile = default_profile()
    assert set(profile.kinds) == set(ReplyKind)
    assert all(words.final is kind.final for kind, words in profile.kinds.items())
    assert profile.environment("https://POS-test.example.org/x") == "test"
    assert profile.environment("https://pos.gosuslugi.ru") == "production"
    assert profile.environment("https://pos.example.org") == ""


def test_a_second_file_holds_only_what_differs(tmp_path):
    path = tmp_path / "own.toml"
    path.write_text('\ufeff[paths]\nlist = "/v2/edms"\n[message]\ntext = "body.text"\n', encoding="utf-8")
    profile = load_profile(path)
    assert (profile.paths.list, profile.message.text) == ("/v2/edms", "body.text")
    assert profile.paths.accept == default_profile().paths.accept
    assert profile.raised().message.text == "Body.Text"


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("[paging]\npage_sise = 3", "did you mean page_size"),
        ("[pahts]\nlist = '/x'", "did you mean paths"),
        ("[paging]\npage_size = 'many'", "paging.page_size"),
        ("[paging]\npage_size = 0", "paging.page_size"),
        ("[paths]\naccept = '/x'", "paths.accept"),
        ("[paths]\nlist = 'x'", "paths.list"),
        ("[message]\nid = ''", "message.id"),
        ("[kinds.maybe]\nfinal = true", "kinds.maybe"),
        ("[kinds]\nsolved = 5", "kinds.solved"),
        ("kinds = 5", "kinds"),
        ("[paths\n", "own.toml"),
        ("\udc80", "own.toml"),
    ],
)
def test_a_wrong_profile_names_file_and_key(tmp_path, text, named):
    path = tmp_path / "own.toml"
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(ProfileError) as refused:
        load_profile(path)
    assert named in str(refused.value)
    assert str(path) in str(refused.value)


def test_a_profile_that_is_not_there_is_named(tmp_path):
    with pytest.raises(ProfileError, match=r"absent\.toml"):
        load_profile(tmp_path / "absent.toml")


# ---- file names

RUSSIAN = "Ответ №1.pdf"


@pytest.mark.parametrize(
    "header",
    [
        f'attachment; filename="{RUSSIAN}"'.encode(),
        f'attachment; filename="{RUSSIAN}"'.encode("windows-1251"),
        f"attachment; filename=\"____.pdf\"; filename*=UTF-8''{quote(RUSSIAN)}".encode(),
        f"attachment; filename*=utf-8'ru'{quote(RUSSIAN)}; filename=x.pdf".encode(),
        f'attachment; filename="{quote(RUSSIAN)}"'.encode(),
        f'attachment; filename="{RUSSIAN.encode().decode("latin-1")}"'.encode(),
        f"attachment; filename*=windows-1251''{quote(RUSSIAN.encode('windows-1251'))}".encode(),
        b'ATTACHMENT; FileName="=?UTF-8?B?0J7RgtCy0LXRgiDihJYxLnBkZg==?="',
    ],
)
def test_a_name_is_read_however_it_is_spelled(header):
    assert from_header(header, "id") == RUSSIAN


def test_utf8_read_as_windows_1251_is_put_right():
    mojibake = "Жалоба.pdf".encode().decode("windows-1251")
    assert from_header(f'attachment; filename="{mojibake}"'.encode(), "id") == "Жалоба.pdf"


@pytest.mark.parametrize(
    "header", [None, b"", b"attachment", b'attachment; filename=""', b";;;", b'x; filename="..."']
)
def test_without_a_name_the_id_is_the_name(header):
    assert from_header(header, "the-id") == "the-id"


@given(st.binary(max_size=300), st.text(max_size=400))
def test_a_name_is_never_a_path(raw, told):
    for name in (from_header(raw, "id"), from_header(b"a; filename=" + raw, "id"), safe_name(told, "id")):
        assert name
        assert len(name.encode()) <= 200
        assert name.isprintable()
        assert PurePosixPath(name).name == PureWindowsPath(name).name == name
        assert name not in {".", ".."}
        assert not PureWindowsPath(name).is_reserved() if hasattr(PureWindowsPath, "is_reserved") else True


@given(st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=40))
def test_an_honest_name_is_left_as_it_is(stem):
    import unicodedata

    name = unicodedata.normalize("NFC", f"Я{stem}.pdf")
    assert from_header(f"attachment; filename*=UTF-8''{quote(name)}".encode(), "id") == name


# ---- paging


def pages_of(rows, size):
    return lambda number: rows[number * size :][:size]


@given(st.lists(st.integers(), unique=True, max_size=40), st.integers(1, 7))
def test_a_list_that_stands_still_comes_once_in_order(rows, size):
    found = list(read_all(pages_of(rows, size), lambda row: row, page_size=size, max_pages=50, max_passes=3))
    assert [row for part, _finished in found for row in part] == rows
    assert [finished for _part, finished in found] == [False] * (len(found) - 1) + [True]


@given(
    st.lists(st.integers(), unique=True, min_size=1, max_size=30),
    st.integers(1, 5),
    st.lists(st.tuples(st.integers(0, 40), st.integers(0, 29)), max_size=6),
)
@example(rows=[0, 1], size=1, removals=[(1, 0)])
def test_what_stays_in_a_changing_list_is_never_skipped(rows, size, removals):
    """Whatever leaves while it is read, those that stay all come."""
    current, asked = list(rows), iter(range(10**6))
    plan = {}
    for when, which in removals:
        plan.setdefault(when, []).append(which)

    def fetch(number):
        for which in plan.pop(next(asked), ()):
            if current:
                del current[which % len(current)]
        return tuple(current[number * size :][:size])

    found = [
        row
        for part, _f in read_all(fetch, lambda row: row, page_size=size, max_pages=100, max_passes=20)
        for row in part
    ]
    assert len(found) == len(set(found))
    assert set(current) <= set(found) <= set(rows)


# ---- the token


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


def keeper(clock, lives=(100.0,)):
    made = []
    endless = [*lives, *[lives[-1]] * 100]

    def fetch():
        made.append(f"token-{len(made)}-xyz")
        return Token(Secret(made[-1]), endless[len(made) - 1])

    return TokenKeeper(fetch, monotonic=clock), made


def test_a_token_is_kept_until_shortly_before_its_end():
    clock = Clock()
    tokens, made = keeper(clock)
    for clock.now in (0.0, 50.0, 89.0):
        assert tokens.current().reveal() == "token-0-xyz"
    clock.now = 90.0
    assert tokens.current().reveal() == "token-1-xyz"
    assert len(made) == 2


def test_a_stale_token_is_replaced_once_whoever_comes_later_gets_the_new_one():
    tokens, made = keeper(Clock(), lives=(None,))
    stale = tokens.current()
    found = []
    threads = [threading.Thread(target=lambda: found.append(tokens.instead_of(stale))) for _n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {secret.reveal() for secret in found} == {"token-1-xyz"}
    assert len(made) == 2


def test_a_refusal_holds_for_a_while_and_then_is_tried_again():
    clock = Clock()
    answers = [AuthError("refused"), Token(Secret("good-token"), None)]

    def fetch():
        answer = answers.pop(0)
        if isinstance(answer, AuthError):
            raise answer
        return answer

    tokens = TokenKeeper(fetch, monotonic=clock)
    for clock.now in (0.0, 10.0):
        with pytest.raises(AuthError, match="refused"):
            tokens.current()
    clock.now = 31.0
    assert tokens.current().reveal() == "good-token"


def test_a_live_token_is_masked_and_a_dead_one_is_forgotten():
    clock = Clock()
    tokens, _made = keeper(clock)
    tokens.current()
    assert mask("we sent token-0-xyz") == "we sent ****"
    clock.now = 95.0
    tokens.current()
    assert mask("we sent token-0-xyz, token-1-xyz") == "we sent token-0-xyz, ****"


def test_the_profile_that_the_guide_shows_can_be_loaded(tmp_path):
    guide = Path(__file__).parents[3] / "docs" / "protocol.md"
    [example] = re.findall(r"```toml\n(.*?)```", guide.read_text(encoding="utf-8"), re.DOTALL)
    path = tmp_path / "own.toml"
    path.write_text(example, encoding="utf-8")
    assert load_profile(path) != default_profile()
