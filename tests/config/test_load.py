"""The configuration file: every mistake is named with its place, nothing secret is shown."""

import pytest

from config.load import SettingsError, find, load

GOOD = """
[platform]
production_url = "https://pos.example.org"
test_url = "https://pos-test.example.org"
oauth_client = "sed"

[[cabinet]]
opa_id = 101
name = "Администрация города"
client_id = "lko-101"
secret = "env:CABINET_101"
environment = "test"
sed = "delo"

[sed.delo]
kind = "sev"
folder_out = "out"
"""
ENVIRONMENT = {"CABINET_101": "очень-тайно"}


@pytest.fixture
def written(tmp_path):
    def write(text):
        path = tmp_path / "sedlink.toml"
        path.write_text(text, encoding="utf-8")
        return path

    return write


def problems(path, environ=ENVIRONMENT):
    with pytest.raises(SettingsError) as error:
        load(path, environ=environ)
    assert "очень-тайно" not in str(error.value)
    return error.value.problems


def test_a_good_file(written, tmp_path, monkeypatch):
    monkeypatch.setenv("CABINET_101", "очень-тайно")
    settings = load(written(GOOD))
    [cabinet] = settings.cabinet
    assert settings.base_url(cabinet) == "https://pos-test.example.org"
    assert cabinet.secret.reveal() == "очень-тайно"
    assert "очень-тайно" not in repr(settings) + settings.model_dump_json()
    assert settings.sed["delo"].own == {"folder_out": "out"}
    assert settings.journal.database == f"sqlite:///{tmp_path / 'sedlink.db'}"
    assert settings.journal.files == tmp_path / "files"


@pytest.mark.usefixtures("secret_in_environment")
@pytest.mark.parametrize(
    ("change", "place", "complaint"),
    [
        (("client_id =", "clientid ="), "cabinet[opa_id=101].clientid", "did you mean client_id"),
        (('sed = "delo"', 'sed = "delo1"'), "", "cabinet 101: there is no section [sed.delo1]"),
        (('environment = "test"', 'environment = "prod"'), "cabinet[opa_id=101].environment", "production"),
        (
            ('oauth_client = "sed"', 'oauth_cleint = "sed"'),
            "platform.oauth_cleint",
            "did you mean oauth_client",
        ),
        (('name = "Администрация города"\n', ""), "cabinet[opa_id=101].name", "must be set"),
        (
            ('test"\nsed', 'test"\nbase_url = "https://pos.example.org/api"\nsed'),
            "",
            'say it twice: environment_confirmed = "test"',
        ),
        (('secret = "env:CABINET_101"', 'secret = "12345"'), "cabinet[opa_id=101].secret", "env:NAME"),
        (('secret = "env:CABINET_101"', 'secret = "env:NO"'), "cabinet[opa_id=101].secret", "NO is not set"),
    ],
)
def test_a_mistake_is_named_with_its_place(written, change, place, complaint):
    found = problems(written(GOOD.replace(*change)))
    assert any(problem.startswith(place) and complaint in problem for problem in found), found


@pytest.fixture
def secret_in_environment(monkeypatch):
    monkeypatch.setenv("CABINET_101", "очень-тайно")
    monkeypatch.setenv("LC_ALL", "C")


@pytest.mark.usefixtures("secret_in_environment")
def test_the_other_environment_when_said_twice(written):
    text = GOOD.replace(
        'test"\nsed',
        'test"\nbase_url = "https://pos.example.org"\nenvironment_confirmed = "test"\nsed',
    )
    settings = load(written(text))
    assert settings.base_url(settings.cabinet[0]) == "https://pos.example.org"


@pytest.mark.usefixtures("secret_in_environment")
def test_environment_overrides_a_cabinet_and_a_section(written):
    environ = {"SEDLINK__CABINET__101__NAME": "Иное имя", "SEDLINK__DAEMON__WORKERS": "2", **ENVIRONMENT}
    settings = load(written(GOOD), environ=environ)
    assert settings.cabinet[0].name == "Иное имя"
    assert settings.daemon.workers == 2


@pytest.mark.usefixtures("secret_in_environment")
def test_an_override_of_no_cabinet_is_an_error(written):
    with pytest.raises(SettingsError, match="SEDLINK__CABINET__102__NAME: names no cabinet"):
        load(written(GOOD), environ={"SEDLINK__CABINET__102__NAME": "x"})


def test_no_file_says_how_to_get_one(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LC_ALL", "C")
    with pytest.raises(SettingsError, match="sedlink config example"):
        find(environ={})


def test_not_toml(written):
    [problem] = problems(written("cabinet = ["))
    assert "line" in problem or "Invalid" in problem or "value" in problem


def test_a_cabinet_over_spreadsheets_needs_folders_and_no_password(tmp_path):
    text = (
        '[[cabinet]]\nopa_id = 101\nname = "Управа"\nplatform = "spreadsheet"\nenvironment = "test"\n'
        'sed = "delo"\n[sed.delo]\nkind = "sev"\n'
    )
    path = tmp_path / "sedlink.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError, match=r"needs the section \[cabinet.spreadsheet\]"):
        load(path, environ={})
    own = 'sed = "delo"\nspreadsheet = { folder_in = "in", folder_out = "/out" }\n'
    path.write_text(text.replace('sed = "delo"\n', own), encoding="utf-8")
    [cabinet] = load(path, environ={}).cabinet
    assert cabinet.spreadsheet.folder_in == tmp_path / "in"
    assert str(cabinet.spreadsheet.folder_out) == "/out"
    path.write_text(text.replace('"spreadsheet"', '"rest"'), encoding="utf-8")
    with pytest.raises(SettingsError) as wrong:
        load(path, environ={})
    assert "client_id must be set" in str(wrong.value)
    assert "secret must be set" in str(wrong.value)


def test_a_file_that_anybody_may_write_to_is_refused(tmp_path):
    path = tmp_path / "sedlink.toml"
    path.write_text("", encoding="utf-8")
    path.chmod(0o666)
    assert any("chmod o-w" in problem for problem in problems(path))
    path.chmod(0o664)
    assert load(path, environ={}).cabinet == ()


def test_the_operators_port_beyond_loopback_wants_a_token(tmp_path):
    path = tmp_path / "sedlink.toml"
    path.write_text('[health]\nport = 9464\nhost = "0.0.0.0"\n', encoding="utf-8")
    assert any("health.token" in problem for problem in problems(path, {}))
    path.write_text('[health]\nport = 9464\nhost = "0.0.0.0"\ntoken = "env:T"\n', encoding="utf-8")
    token = {"T": "x" * 16}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("T", token["T"])
        assert load(path, environ={}).health.token is not None
        patch.setenv("T", "short")
        assert any("16" in problem for problem in problems(path, {}))


@pytest.mark.parametrize(
    ("section", "complaint"),
    [
        ('trace = "1826d"', "retention.trace needs retention.content"),
        ('content = "1095d"\ntrace = "364d"', "retention.trace: must be at least 365d"),
        ('content = "1095d"\ntrace = "1094d"', "(1094 days) is shorter than retention.content (1095 days)"),
    ],
)
def test_a_trace_is_kept_no_shorter_than_its_words_and_a_year(written, section, complaint):
    [problem] = problems(written(f"[retention]\n{section}\n"))
    assert complaint in problem


def test_both_periods_may_be_the_same(written):
    settings = load(written('[retention]\ncontent = "365d"\ntrace = "365d"\n'), environ={})
    assert settings.retention.trace == settings.retention.content
