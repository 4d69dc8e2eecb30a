"""Embeddings by name: building LangChain's object of a spec, and what a provider's exception means here."""

from collections.abc import Mapping
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from engage.compose.providers import brief, lost, retry_after, status_of
from engage.errors import ConfigError, EngageError, RateLimited, Unavailable
from engage.ledger.indexes import BUILT_IN

if TYPE_CHECKING:
    from langchain_core.embeddings import Embeddings

# provider → the package it needs. Those of LangChain's `init_embeddings`.
PACKAGES = {
    "azure_ai": "langchain-azure-ai",
    "azure_openai": "langchain-openai",
    "bedrock": "langchain-aws",
    "cohere": "langchain-cohere",
    "google_genai": "langchain-google-genai",
    "google_vertexai": "langchain-google-vertexai",
    "huggingface": "langchain-huggingface",
    "mistralai": "langchain-mistralai",
    "ollama": "langchain-ollama",
    "openai": "langchain-openai",
}
# provider → what its class calls address, key and time-out. The others read their own environment variables.
_NAMES = {
    "azure_openai": ("azure_endpoint", "api_key", "timeout"),
    "cohere": ("base_url", "cohere_api_key", "request_timeout"),
    "google_genai": ("", "google_api_key", ""),
    "mistralai": ("endpoint", "api_key", "timeout"),
    "openai": ("base_url", "api_key", "timeout"),
}
# Retries are ours: with two kinds of them nobody knows how many there are. Some count the first try as one.
_ONCE = {"azure_openai": 0, "cohere": 1, "mistralai": 1, "openai": 0}
_KEY, _PLACE = "embeddings", "ENGAGE_EMBEDDINGS"
_SPEC = f'Write "provider:model", such as "ollama:bge-m3" or "openai:text-embedding-3-small", or "{BUILT_IN}"'


def canonical(spec: str, base_url: str = "") -> str:
    """A spec as indexes are named after it. At an address of its own any name is of an OpenAI-compatible server."""
    if spec.strip().lower() == BUILT_IN:
        return BUILT_IN
    provider, colon, model = spec.strip().partition(":")
    provider = provider.replace("-", "_").lower()
    if colon and provider in PACKAGES and model.strip():
        return f"{provider}:{model.strip()}"
    if base_url and spec.strip(": ") and provider not in PACKAGES:
        return f"openai:{spec.strip()}"
    known = f"{spec!r} names no model of a provider that is known ({', '.join(PACKAGES)})"
    raise ConfigError(known if spec.strip() else "is empty", key=_KEY, place=_PLACE, fix=_SPEC)


def make_embeddings(spec: str, base_url: str, api_key: str, timeout: float) -> "Embeddings":
    """LangChain's object of a canonical spec; its import takes seconds. Raises ConfigError naming what is missing."""
    provider, _, model = spec.partition(":")
    try:
        from langchain.embeddings import init_embeddings

        made: Embeddings = init_embeddings(model, provider=provider, **_options(provider, base_url, api_key, timeout))
    except ImportError:
        fix = f"Install it: pip install '{PACKAGES[provider]}'"
        raise ConfigError(f"the package of {provider} is missing", key=_KEY, place=_PLACE, fix=fix) from None
    except ConfigError:
        raise
    except Exception as error:
        if "api_key" not in str(error).lower() and "api key" not in str(error).lower():
            raise ConfigError(brief(error, api_key), key=_KEY, place=_PLACE, fix=_SPEC) from None
        raise _no_key(f"{provider} needs a key") from None
    if provider in ("openai", "azure_openai") and getattr(made, "client", None) is None:  # it says so at the first call
        raise _no_key(f"{provider} needs a key")
    return made


def _options(provider: str, base_url: str, api_key: str, timeout: float) -> dict[str, Any]:
    """What the provider's class is given."""
    near = _is_near(base_url)
    if provider == "ollama":
        headers = {"authorization": f"Bearer {api_key}"} if api_key else {}
        address = {"base_url": base_url} if base_url else {}
        return {**address, "client_kwargs": {"timeout": timeout, "headers": headers, "trust_env": not near}}
    names = _NAMES.get(provider, ("", "", ""))
    if (base_url and not names[0]) or (api_key and not names[1]):
        key = "embeddings_base_url" if base_url and not names[0] else "embeddings_api_key"
        fix = "Leave it empty: its package reads the provider's own environment variables"
        raise ConfigError(f"{provider} takes none", key=key, place=f"ENGAGE_{key.upper()}", fix=fix)
    # A server of one's own may want no key, and must not be shown the one in OPENAI_API_KEY.
    key = api_key or ("none" if base_url else "")
    values: tuple[Any, ...] = (base_url, key, max(1, round(timeout)) if provider == "mistralai" else timeout)
    options = {name: value for name, value in zip(names, values, strict=True) if name and value}
    if provider in _ONCE:
        options["max_retries"] = _ONCE[provider]
    return {**options, **_of_openai(provider, base_url, timeout)}


def _of_openai(provider: str, base_url: str, timeout: float) -> Mapping[str, Any]:
    """Texts as they are: to count their pieces the library would download a table. Other servers send plain numbers."""
    if provider not in ("openai", "azure_openai"):
        return {}
    plain = {"model_kwargs": {"encoding_format": "float"}} if base_url else {}
    direct = {}
    if _is_near(base_url):
        from openai import DefaultHttpxClient

        direct = {"http_client": DefaultHttpxClient(timeout=timeout, trust_env=False)}
    return {"check_embedding_ctx_length": False, **plain, **direct}


def _is_near(base_url: str) -> bool:
    """On this machine, where the environment's proxy is not asked."""
    host = urlsplit(base_url).hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def meaning(error: Exception, spec: str, api_key: str = "") -> EngageError:
    """The error of ours for a client's, without the key."""
    if isinstance(error, EngageError):
        return error
    for one in _chain(error):
        if (status := _status(one)) is not None:
            return _of_status(status, one, spec, api_key)
    if any(lost(one) for one in _chain(error)):
        fix = "is its server up, and ENGAGE_EMBEDDINGS_BASE_URL right?"
        return Unavailable(f"no answer from embeddings {spec} ({brief(error, api_key)}); {fix}")
    return Unavailable(f"embeddings {spec} cannot be used: {type(error).__name__}")


def _chain(error: BaseException) -> list[BaseException]:
    """An exception and what it was raised from: some libraries wrap what their client says."""
    found: list[BaseException] = []
    at: BaseException | None = error
    while at is not None and len(found) < 5:
        found.append(at)
        at = at.__cause__
    return found


def _status(error: BaseException) -> int | None:
    """The HTTP status it carries, itself or in its response."""
    own = status_of(error)
    inside = getattr(getattr(error, "response", None), "status_code", None)
    return own if own is not None else inside if isinstance(inside, int) else None


def _of_status(status: int, error: BaseException, spec: str, api_key: str) -> EngageError:
    wait = retry_after(error)
    if status in (401, 403):
        return _no_key(f"{spec} refuses it ({status})")
    if status == 429:
        return RateLimited(f"embeddings {spec} ask to slow down", retry_after=wait)
    if status >= 500 or status in (408, 409, 425):
        return Unavailable(f"embeddings {spec} are not ready ({status})", retry_after=wait)
    fix = "Name a model that is there (ENGAGE_EMBEDDINGS; with Ollama, pull it first)"
    fix += "; the address of an OpenAI-compatible server (ENGAGE_EMBEDDINGS_BASE_URL) mostly ends in /v1"
    why = f": {brief(error, api_key)}" if status == 404 else ""  # other refusals may quote what was to be embedded
    return ConfigError(f"{spec} is refused ({status}){why}", key=_KEY, place=_PLACE, fix=fix)


def _no_key(message: str) -> ConfigError:
    fix = "Set it to a key that is valid for these embeddings"
    return ConfigError(message, key="embeddings_api_key", place="ENGAGE_EMBEDDINGS_API_KEY", fix=fix)
