"""Settings: where they come from, and what a wrong one tells its owner."""

import stat
from datetime import timedelta
from pathlib import Path

import pytest

from engage.errors import ConfigError
from engage.models import Surface
from engage.settings import FILE, Settings, load


def written(home: Path, text: str) -> dict[str, str]:
    """A settings file; returns the environment that leads to it."""
    home.mkdir(exist_ok=True)
    (home / FILE).write_text(text, encoding="utf-8")
    return {"ENGAGE_HOME": str(home)}


def refused(environ: dict[str, str], **overrides: object) -> ConfigError:
    with pytest.raises(ConfigError) as caught:
        load(environ, **overrides)
    return caught.value


def test_without_any_setting_everything_has_a_default(tmp_path: Path) -> None:
    settings = load({"ENGAGE_HOME": str(tmp_path / "home")})
    assert settings.model == "extractive"
    assert settings.ledger_url == f"sqlite:///{(tmp_path / 'home').resolve()}/ledger.db"


def test_the_environment_of_the_process_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENGAGE_CONCURRENCY", "5")
    assert load().concurrency == 5


def test_a_file_is_read(tmp_path: Path) -> None:
    environ = written(tmp_path, 'model = "ollama:qwen3"\nconcurrency = 8\n')
    assert (load(environ).model, load(environ).concurrency) == ("ollama:qwen3", 8)


def test_the_command_line_wins_over_the_environment_and_that_over_the_file(tmp_path: Path) -> None:
    environ = written(tmp_path, "concurrency = 1\ndebounce = 1\nlease = 11\n")
    environ |= {"ENGAGE_CONCURRENCY": "2", "ENGAGE_DEBOUNCE": "2"}
    settings = load(environ, concurrency=3)
    assert (settings.concurrency, settings.debounce, settings.lease) == (3, 2, 11)


def test_names_that_hosting_platforms_set_are_read(tmp_path: Path) -> None:
    environ = {"ENGAGE_HOME": str(tmp_path), "REDIS_URL": "redis://r", "DATABASE_URL": "postgresql://d"}
    settings = load(environ)
    assert (settings.redis_url, settings.ledger_url) == ("redis://r", "postgresql://d")


def test_our_own_name_wins_over_the_hosting_platforms(tmp_path: Path) -> None:
    environ = {"ENGAGE_HOME": str(tmp_path), "REDIS_URL": "redis://theirs", "ENGAGE_REDIS_URL": "redis://ours"}
    assert load(environ).redis_url == "redis://ours"


def test_an_empty_variable_counts_as_not_set(tmp_path: Path) -> None:
    environ = written(tmp_path, "concurrency = 8\n") | {"ENGAGE_CONCURRENCY": "", "REDIS_URL": ""}
    assert load(environ).concurrency == 8


def test_other_programs_variables_do_not_matter(tmp_path: Path) -> None:
    environ = {"ENGAGE_HOME": str(tmp_path), "ENGAGEMENT": "1", "ENGAGE_PARENT_PID": "1", "HOME": "/"}
    assert load(environ).directory == tmp_path


def test_a_typo_in_the_file_is_named_with_the_right_spelling(tmp_path: Path) -> None:
    error = refused(written(tmp_path, "debounze = 1\n"))
    assert (error.key, error.place) == ("debounze", str(tmp_path / FILE))
    assert error.fix == "Did you mean debounce?"


def test_a_typo_in_the_environment_is_named_with_the_right_spelling(tmp_path: Path) -> None:
    error = refused({"ENGAGE_HOME": str(tmp_path), "ENGAGE_REDISURL": "redis://r"})
    assert (error.key, error.place) == ("redisurl", "environment variable ENGAGE_REDISURL")
    assert error.fix == "Did you mean redis_url?"


def test_a_name_like_no_setting_leads_to_the_list(tmp_path: Path) -> None:
    assert "docs/operating.md" in refused(written(tmp_path, "xyzzy = 1\n")).fix
    assert refused(written(tmp_path, "[model]\nname = 1\n")).key == "model"


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("webhook_port", "eighty"),
        ("webhook_port", "99999"),
        ("concurrency", "0"),
        ("model_timeout", "-1"),
        ("lease", "1"),
        ("log_level", "LOUD"),
    ],
)
def test_a_wrong_value_in_the_environment_is_named_with_what_is_expected(tmp_path: Path, key: str, value: str) -> None:
    error = refused({"ENGAGE_HOME": str(tmp_path), f"ENGAGE_{key.upper()}": value})
    assert (error.key, error.place) == (key, "environment")
    assert error.fix.startswith(f"Expected: {Settings.model_fields[key].description}")
    assert str(error).startswith(f"{key} (environment): ")


def test_a_wrong_value_in_the_file_names_the_file_though_the_variable_is_there_and_empty(tmp_path: Path) -> None:
    environ = written(tmp_path, 'concurrency = "many"\n') | {"ENGAGE_CONCURRENCY": ""}
    assert refused(environ).place == str(tmp_path / FILE)


def test_a_file_that_is_not_toml_says_where(tmp_path: Path) -> None:
    error = refused(written(tmp_path, "debounce = \n"))
    assert (error.key, error.place) == (FILE, str(tmp_path / FILE))
    assert "line 1" in str(error)


def test_a_file_that_is_not_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(b"\xff\xfe\x00")
    assert refused({"ENGAGE_HOME": str(tmp_path)}).key == FILE


def test_a_wrong_override_is_refused_too(tmp_path: Path) -> None:
    assert refused({"ENGAGE_HOME": str(tmp_path)}, webhook_port="x").key == "webhook_port"
    assert refused({"ENGAGE_HOME": str(tmp_path)}, weather="x").key == "weather"


def test_log_levels_may_be_written_in_any_case(tmp_path: Path) -> None:
    assert load({"ENGAGE_HOME": str(tmp_path), "ENGAGE_LOG_LEVEL": "debug"}).log_level == "debug"


def test_a_key_is_never_shown(tmp_path: Path) -> None:
    settings = load({"ENGAGE_HOME": str(tmp_path), "ENGAGE_MODEL_API_KEY": "sk-secret"})
    assert "sk-secret" not in f"{settings!r} {settings}"
    assert settings.model_api_key.get_secret_value() == "sk-secret"


def test_a_wrong_key_is_not_shown_in_the_error(tmp_path: Path) -> None:
    error = refused(written(tmp_path, "model_api_key = 123456789\n"))
    assert "123456789" not in str(error)


def test_the_home_directory_is_made_and_closed_to_others(tmp_path: Path) -> None:
    directory = load({"ENGAGE_HOME": str(tmp_path / "deep" / "home")}).directory
    assert stat.S_IMODE(directory.stat().st_mode) == 0o700


def test_settings_cannot_be_changed_afterwards(tmp_path: Path) -> None:
    settings = load({"ENGAGE_HOME": str(tmp_path)})
    with pytest.raises(ValueError, match="frozen"):
        settings.model = "other"


@pytest.mark.parametrize("surface", list(Surface))
def test_each_surface_has_its_own_age(tmp_path: Path, surface: Surface) -> None:
    settings = load({"ENGAGE_HOME": str(tmp_path), f"ENGAGE_MAX_AGE_{surface.name}": "7"})
    assert settings.max_age(surface) == timedelta(seconds=7)


def test_every_setting_is_described() -> None:
    assert [key for key, field in Settings.model_fields.items() if not field.description] == []
