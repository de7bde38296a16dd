"""A secret shows nowhere and comes only from where it may come."""

import pickle

import pytest

from config.secret import MASK, Secret, SecretUnavailableError, resolve


def test_nothing_prints_it():
    secret = Secret("тайна")
    shown = f"{secret} {secret!r} {secret!s} {[secret]} %s" % secret
    assert "тайна" not in shown
    assert MASK in shown
    with pytest.raises(TypeError):
        pickle.dumps(secret)
    with pytest.raises(TypeError):
        hash(secret)


def test_from_environment():
    assert resolve("env:X", environ={"X": "тайна"}).reveal() == "тайна"
    with pytest.raises(SecretUnavailableError, match="X"):
        resolve("env:X", environ={})


def test_from_file(tmp_path):
    path = tmp_path / "secret"
    path.write_text("тайна\n", encoding="utf-8")
    path.chmod(0o600)
    assert resolve(f"file:{path}").reveal() == "тайна"
    path.chmod(0o640)
    with pytest.raises(SecretUnavailableError, match="chmod 600"):
        resolve(f"file:{path}")
    path.write_text("", encoding="utf-8")
    path.chmod(0o600)
    with pytest.raises(SecretUnavailableError):
        resolve(f"file:{path}")


@pytest.mark.parametrize("reference", ["тайна", "plain:x", "", "env"])
def test_a_plain_value_is_refused_and_not_repeated(reference):
    with pytest.raises(SecretUnavailableError) as error:
        resolve(reference)
    assert "тайна" not in str(error.value)
