"""Models by name: building the LangChain object of a spec, and what a provider's exception means here.

Providers have their own exception classes; LangChain gives most of them a common base, the rest carry an HTTP status.
"""

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

from engage.errors import ConfigError, EngageError, RateLimited, Unavailable

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

# provider → the package it needs. All take LangChain's standard options; more are reached by a compatible address.
PACKAGES = {
    "anthropic": "engage-avatar[anthropic]",
    "cohere": "langchain-cohere",
    "deepseek": "langchain-deepseek",
    "fireworks": "langchain-fireworks",
    "google_genai": "langchain-google-genai",
    "groq": "langchain-groq",
    "mistralai": "langchain-mistralai",
    "ollama": "langchain-ollama",
    "openai": "langchain-openai",
    "openrouter": "langchain-openrouter",
    "perplexity": "langchain-perplexity",
    "together": "langchain-together",
    "xai": "langchain-xai",
}
_SPEC = 'Write "provider:model", such as "openai:gpt-5-mini" or "ollama:llama3.2", or "extractive" for no model'
_LONGEST_WAIT = 3600  # seconds
_NETWORK = frozenset({"httpx", "httpx2", "httpcore", "httpcore2", "aiohttp"})
_CONTENT = ("content_filter", "content_policy", "content management policy", "responsibleai")


def named(spec: str, base_url: str = "") -> tuple[str, str]:
    """Provider and model of a spec. At an address of its own any name is a model of an OpenAI-compatible server."""
    provider, colon, model = spec.strip().partition(":")
    provider = provider.replace("-", "_").lower()
    if colon and provider in PACKAGES and model:
        return provider, model
    if base_url and spec.strip(": ") and provider not in PACKAGES:
        return "openai", spec.strip()
    known = f"{spec!r} names no model of a provider that is known ({', '.join(PACKAGES)})"
    raise ConfigError(known if spec.strip() else "is empty", key="model", place="ENGAGE_MODEL", fix=_SPEC)


def make_model(spec: str, base_url: str, api_key: str, timeout: float) -> "BaseChatModel":
    """The chat model of a spec; its first import takes seconds. Raises ConfigError naming what is missing."""
    provider, model = named(spec, base_url)
    try:
        made = _made(provider, model, _options(provider, base_url, api_key, timeout))
    except ImportError:
        fix = f"Install it: pip install '{PACKAGES[provider]}'"
        raise ConfigError(f"the package of {provider} is missing", key="model", place="ENGAGE_MODEL", fix=fix) from None
    except Exception as error:
        if "api_key" not in str(error).lower() and "api key" not in str(error).lower():
            raise ConfigError(brief(error, api_key), key="model", place="ENGAGE_MODEL", fix=_SPEC) from None
        raise _no_key(f"{provider} needs a key") from None
    return made


def _made(provider: str, model: str, options: dict[str, Any]) -> "BaseChatModel":
    if provider == "openai":
        from engage.compose.openai_http import make

        return make(model, options)
    from langchain.chat_models import init_chat_model

    made: BaseChatModel = init_chat_model(model, model_provider=provider, **options)
    return made


def _options(provider: str, base_url: str, api_key: str, timeout: float) -> dict[str, Any]:
    """What the provider's class is given. Retries are ours: with two kinds of them nobody knows how many there are."""
    address = {"base_url": base_url} if base_url else {}
    if provider == "ollama":
        headers = {"authorization": f"Bearer {api_key}"} if api_key else {}
        return {**address, "client_kwargs": {"timeout": timeout, "headers": headers}}
    options: dict[str, Any] = {**address, "timeout": timeout, "max_retries": 0}
    if api_key or base_url:
        # A server of one's own may want no key, and must not be shown the one in OPENAI_API_KEY.
        options["api_key"] = api_key or "none"
    return options


def meaning(error: Exception, spec: str, api_key: str = "") -> EngageError | None:
    """The error of ours for a client's; None where it is about one answer and not about the connection."""
    if isinstance(error, EngageError):
        return error
    status = status_of(error)
    if status is not None:
        return _of_status(status, error, spec, api_key)
    if lost(error):
        fix = "is its server up, and ENGAGE_MODEL_BASE_URL right?"
        return Unavailable(f"no answer from model {spec} ({brief(error, api_key)}); {fix}")
    return None


def lost(error: BaseException) -> bool:
    """No answer came at all, so that asking once more at once does no harm."""
    from langchain_core.exceptions import ModelConnectionError, ModelTimeoutError

    if status_of(error) is not None:
        return False
    network = type(error).__module__.split(".")[0] in _NETWORK
    return network or isinstance(error, (OSError, ModelConnectionError, ModelTimeoutError))


def status_of(error: BaseException) -> int | None:
    """The HTTP status an exception carries."""
    status = getattr(error, "status_code", None)
    return status if isinstance(status, int) and status > 0 else None


def refuses_request(error: Exception) -> bool:
    """The server does not take the request as it is: it may know no schema, or the text may be too long for it."""
    return status_of(error) in (400, 415, 422, 501) or isinstance(error, NotImplementedError)


def no_such_protocol(error: Exception, spec: str, base_url: str) -> EngageError | None:
    """The client stumbled over a body that is no completion at all, such as a web page."""
    # Subclasses of ValueError are about JSON, which may be whole the next time.
    if not isinstance(error, (AttributeError, TypeError, KeyError)) and type(error) is not ValueError:
        return None
    if not base_url:
        return Unavailable(f"the provider of {spec} answers with something that is no completion")
    fix = "Give the address of its API, which mostly ends in /v1"
    place = "ENGAGE_MODEL_BASE_URL"
    return ConfigError("does not answer as a chat-completions server", key="model_base_url", place=place, fix=fix)


def _of_status(status: int, error: Exception, spec: str, api_key: str) -> EngageError | None:
    wait = retry_after(error)
    if status in (401, 403):
        return _no_key(f"{spec} refuses it ({status})")
    if status == 429:
        return RateLimited(f"model {spec} asks to slow down", retry_after=wait)
    if status >= 500 or status in (408, 409, 425):
        return Unavailable(f"model {spec} is not ready ({status})", retry_after=wait)
    said = brief(error, api_key)
    if any(word in f"{said} {getattr(error, 'code', '')}".lower() for word in _CONTENT):
        return None  # it dislikes what the follower wrote
    fix = "Name a model that is there (ENGAGE_MODEL)" if status == 404 else "Name another model (ENGAGE_MODEL)"
    fix += "; the address of an OpenAI-compatible server (ENGAGE_MODEL_BASE_URL) mostly ends in /v1"
    why = f": {said}" if status == 404 else ""  # other refusals may quote what a follower wrote
    return ConfigError(f"{spec} is refused ({status}){why}", key="model", place="ENGAGE_MODEL", fix=fix)


def _no_key(message: str) -> ConfigError:
    fix = "Set it to a key that is valid for this model"
    return ConfigError(message, key="model_api_key", place="ENGAGE_MODEL_API_KEY", fix=fix)


def retry_after(error: BaseException) -> timedelta | None:
    """A Retry-After header, in seconds or as a date; never longer than an hour."""
    headers = getattr(getattr(error, "response", None), "headers", None) or {}
    value = str(headers.get("retry-after") or "")
    try:
        seconds = float(value) if value[:1].isdigit() else _until(value)
    except (ValueError, TypeError):
        return None
    return timedelta(seconds=min(max(seconds, 0), _LONGEST_WAIT))


def _until(date: str) -> float:
    return (parsedate_to_datetime(date) - datetime.now(UTC)).total_seconds()


def brief(error: BaseException, api_key: str) -> str:
    """One line of what an exception says, never with the key."""
    text = f"{type(error).__name__}: {error}".split("\n")[0]
    return (text.replace(api_key, "…") if api_key else text)[:200]
