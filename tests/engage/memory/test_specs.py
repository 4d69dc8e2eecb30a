"""Specs of embeddings, before any provider is asked."""

import sys

import pytest

from engage.errors import ConfigError
from engage.ledger.indexes import BUILT_IN
from engage.memory.specs import PACKAGES, canonical, make_embeddings


@pytest.mark.parametrize("spec", ["", " ", ":", "openai:", ":m", "bge-m3", "nobody:m", "http://host/v1"])
def test_a_spec_nobody_knows(spec: str) -> None:
    with pytest.raises(ConfigError) as raised:
        canonical(spec)
    assert (raised.value.key, raised.value.place) == ("embeddings", "ENGAGE_EMBEDDINGS")
    assert BUILT_IN in raised.value.fix


@pytest.mark.parametrize(
    ("spec", "base_url", "expected"),
    [
        (" Built-In ", "", BUILT_IN),
        ("openai:text-embedding-3-small", "", "openai:text-embedding-3-small"),
        (" Ollama:bge-m3:567m ", "", "ollama:bge-m3:567m"),
        ("google-genai:gemini-embedding-001", "", "google_genai:gemini-embedding-001"),
        ("bge-m3", "http://localhost:8000/v1", "openai:bge-m3"),
        ("BAAI/bge-m3", "http://localhost:8000/v1", "openai:BAAI/bge-m3"),
    ],
)
def test_spec(spec: str, base_url: str, expected: str) -> None:
    assert canonical(spec, base_url) == expected


def test_every_provider_of_langchain_is_known() -> None:
    from langchain.embeddings import base

    assert set(PACKAGES) == set(base._BUILTIN_PROVIDERS)


@pytest.mark.parametrize("provider", sorted(PACKAGES))
def test_a_missing_package_is_named(provider: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from langchain.embeddings import base

    base._get_embeddings_class_creator.cache_clear()
    monkeypatch.setitem(sys.modules, base._BUILTIN_PROVIDERS[provider][0], None)
    with pytest.raises(ConfigError) as raised:
        make_embeddings(f"{provider}:m", "", "", 5)
    assert f"pip install '{PACKAGES[provider]}'" in raised.value.fix


def test_no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENAI_API_KEY", "OPENAI_ADMIN_KEY"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(ConfigError) as raised:
        make_embeddings("openai:m", "", "", 5)
    assert raised.value.key == "embeddings_api_key"


def test_the_key_of_the_environment_is_not_shown_to_a_server_of_ones_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-of-somebody")
    made = make_embeddings("openai:m", "http://127.0.0.1:9/v1", "", 5)
    assert made.openai_api_key.get_secret_value() == "none"  # type: ignore[attr-defined]


@pytest.mark.parametrize(("base_url", "api_key", "key"), [("http://h", "", "base_url"), ("", "k", "api_key")])
def test_what_a_provider_does_not_take_is_said(base_url: str, api_key: str, key: str) -> None:
    with pytest.raises(ConfigError) as raised:
        make_embeddings("bedrock:titan", base_url, api_key, 5)
    assert raised.value.key == f"embeddings_{key}"


def test_the_texts_go_out_as_they_are_and_retries_are_ours() -> None:
    """The library would download a table to count tokens with."""
    made = make_embeddings("openai:m", "http://127.0.0.1:9/v1", "key", 5)
    assert made.check_embedding_ctx_length is False  # type: ignore[attr-defined]
    assert made.max_retries == 0  # type: ignore[attr-defined]


def test_an_ollama_server_is_reached_at_its_address() -> None:
    made = make_embeddings("ollama:bge-m3", "http://127.0.0.1:9", "key", 5)
    assert made.base_url == "http://127.0.0.1:9"  # type: ignore[attr-defined]
