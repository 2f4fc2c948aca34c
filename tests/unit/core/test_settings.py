"""Settings: where they come from, what a wrong one is told like, and that no secret is shown."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.errors import NotConfigured
from core.settings import Market, Settings, child_environment, load_settings


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No setting of the shell or of a `.env` in the project folder reaches these tests."""
    for name in Settings.model_fields:
        for variable in (name.upper(), f"YTEMPIRE_{name.upper()}"):
            monkeypatch.delenv(variable, raising=False)
    monkeypatch.chdir(tmp_path)


def test_defaults_need_nothing() -> None:
    settings = load_settings()
    assert settings.market is Market.SYNTHETIC
    assert settings.database_url is None


def test_market_follows_from_what_is_given(tmp_path: Path) -> None:
    assert load_settings(data=tmp_path).market is Market.REPLAY
    assert load_settings(data=tmp_path, live=True).market is Market.LIVE
    assert load_settings(home=tmp_path, data=tmp_path).state == tmp_path.resolve() / "replay"


def test_environment_wins_over_the_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("YTEMPIRE_SEED=1\nYTEMPIRE_TRIALS=7\nOPENAI_API_KEY=sk-file\nUNRELATED=x\n")
    monkeypatch.setenv("YTEMPIRE_SEED", "2")
    settings = load_settings()
    assert (settings.seed, settings.trials) == (2, 7)
    assert settings.openai_api_key is not None
    assert settings.openai_api_key.get_secret_value() == "sk-file"


def test_world_known_names_have_no_prefix(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://me:s3cret@db/ytempire")
    monkeypatch.setenv("YTEMPIRE_YOUTUBE_REFRESH_TOKENS", '{"UC1": "s3cret"}')
    settings = load_settings()
    assert settings.database_url is not None
    assert settings.database_url.get_secret_value() == "postgresql://me:s3cret@db/ytempire"
    assert settings.youtube_refresh_tokens["UC1"].get_secret_value() == "s3cret"
    assert "s3cret" not in repr(settings) + str(settings) + settings.model_dump_json()


def test_empty_variable_counts_as_absent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "")
    monkeypatch.setenv("YTEMPIRE_SEED", "")
    assert load_settings().database_url is None


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("YTEMPIRE_SEED", "s3cret"),
        ("YTEMPIRE_HISTORY_DAYS", "3"),
        ("YTEMPIRE_FIRST_DAY", "s3cret"),
        ("YTEMPIRE_YOUTUBE_REFRESH_TOKENS", "s3cret"),
        ("YTEMPIRE_YOUTUBE_REFRESH_TOKENS", '{"UC1": ["s3cret"]}'),
    ],
)
def test_wrong_value_is_told_by_name_and_never_shown(monkeypatch: pytest.MonkeyPatch, variable: str, value: str) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(NotConfigured) as caught:
        load_settings()
    assert variable.removeprefix("YTEMPIRE_").lower() in caught.value.message.lower()
    assert "s3cret" not in str(caught.value)
    assert "\n" not in str(caught.value)
    assert caught.value.__suppress_context__


def test_settings_cannot_be_changed() -> None:
    with pytest.raises(ValueError, match="frozen"):
        load_settings().seed = 3  # type: ignore[misc]


def test_child_gets_the_environment_with_additions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KEPT", "1")
    monkeypatch.setenv("CHANGED", "1")
    child = child_environment({"CHANGED": "2", "ADDED": "3"})
    assert (child["KEPT"], child["CHANGED"], child["ADDED"]) == ("1", "2", "3")


@pytest.mark.parametrize(
    ("content", "says"),
    [(b"YTEMPIRE_SEED=3\n\n{{ what\n", "Line 3 of"), (b'A="open\n', "Line 1 of"), (b"\xff\xfe", "it is no UTF-8 text")],
)
def test_damaged_env_file_is_told_with_its_line(tmp_path: Path, content: bytes, says: str) -> None:
    (tmp_path / ".env").write_bytes(content)
    with pytest.raises(NotConfigured, match=says):
        load_settings()
