"""Specs, before any model is asked."""

import sys

import pytest

from engage.compose.chain import ModelComposer
from engage.compose.providers import PACKAGES, make_model, named
from engage.errors import ConfigError


@pytest.mark.parametrize("spec", ["", " ", ":", "openai:", ":m", "gpt-5", "nobody:m", "http://host/v1"])
def test_a_spec_nobody_knows(spec: str) -> None:
    with pytest.raises(ConfigError) as raised:
        ModelComposer(spec)
    assert (raised.value.key, raised.value.place) == ("model", "ENGAGE_MODEL")


@pytest.mark.parametrize(
    ("spec", "base_url", "expected"),
    [
        ("openai:gpt-5-mini", "", ("openai", "gpt-5-mini")),
        (" Ollama:llama3.2:3b ", "", ("ollama", "llama3.2:3b")),
        ("google-genai:gemini", "", ("google_genai", "gemini")),
        ("qwen3", "http://localhost:8000/v1", ("openai", "qwen3")),
        ("qwen3:8b", "http://localhost:8000/v1", ("openai", "qwen3:8b")),
        ("org/model", "http://localhost:8000/v1", ("openai", "org/model")),
    ],
)
def test_spec(spec: str, base_url: str, expected: tuple[str, str]) -> None:
    assert named(spec, base_url) == expected


@pytest.mark.parametrize("provider", sorted(PACKAGES))
def test_a_missing_package_is_named(provider: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """LangChain knows every provider of ours: for an unknown one it does not get as far as the import."""
    from langchain.chat_models import base

    base._get_chat_model_creator.cache_clear()
    monkeypatch.delitem(sys.modules, "engage.compose.openai_http", raising=False)
    for name in (f"langchain_{provider}", "langchain_community.chat_models", "langchain_google_genai"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(ConfigError) as raised:
        make_model(f"{provider}:m", "", "key", 5)
    assert f"pip install '{PACKAGES[provider]}'" in raised.value.fix


def test_no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENAI_API_KEY", "OPENAI_ADMIN_KEY", "ANTHROPIC_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(ConfigError) as raised:
        make_model("openai:m", "", "", 5)
    assert raised.value.key == "model_api_key"


def test_the_key_of_the_environment_is_not_shown_to_a_server_of_ones_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-of-somebody")
    model = make_model("m", "http://127.0.0.1:9/v1", "", 5)
    assert model.root_async_client.api_key == "none"  # type: ignore[attr-defined]


@pytest.mark.parametrize("spec", ["openai:m", "ollama:m"])
def test_retries_are_ours(spec: str) -> None:
    model = make_model(spec, "http://127.0.0.1:9", "key", 5)
    assert getattr(model, "max_retries", 0) == 0
