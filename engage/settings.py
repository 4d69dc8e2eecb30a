"""The only reader of environment and settings files.

Every field may be set in `ENGAGE_HOME/engage.toml` (`name = value`) or as an environment variable `ENGAGE_NAME`;
the environment wins. `REDIS_URL` and `DATABASE_URL` are read too, as hosting platforms set them.
"""

import difflib
import os
import tomllib
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError

from engage.errors import ConfigError
from engage.models import Surface

PREFIX = "ENGAGE_"
FILE = "engage.toml"
PLATFORM_NAMES = {"REDIS_URL": "redis_url", "DATABASE_URL": "database_url"}
# Set by `engage up` for its own processes; no setting of the creator's.
INTERNAL = {"ENGAGE_PARENT_PID", "ENGAGE_BENCH_ELIZA", "ENGAGE_TEST_DATA", "ENGAGE_LANES"}


class Settings(BaseModel):
    """All settings. Spans are in seconds, money in the currency of the prices."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)

    home: Path = Field(default=Path(".engage"), description="Directory of all data and settings")
    database_url: str = Field(default="", description="Ledger database; empty: SQLite in the home directory")
    redis_url: str = Field(default="", description="Redis or Valkey; empty: `engage up` starts its own")
    chroma_url: str = Field(default="", description="Chroma server; empty: `engage up` starts its own")
    host: str = Field(default="127.0.0.1", description="Address that web processes bind to")
    webhook_port: int = Field(default=8700, ge=0, le=65535, description="Port of the webhook receiver; 0: a free one")
    studio_port: int = Field(default=8701, ge=0, le=65535, description="Port of the studio; 0: a free one")

    public_url: str = Field(
        default="",
        pattern="^(https?://.+)?$",
        description="Address at which platforms reach the webhook receiver; empty: not at all, events are fetched",
    )
    studio_url: str = Field(
        default="",
        pattern="^(https?://.+)?$",
        description="Address of the studio in the creator's browser; empty: that of this machine",
    )

    model: str = Field(default="extractive", description="`extractive` (no model) or a `provider:model` spec")
    model_base_url: str = Field(default="", description="Address of an OpenAI-compatible server")
    model_api_key: SecretStr = Field(default=SecretStr(""), description="Key of the model provider")
    model_timeout: float = Field(default=60, gt=0, description="Longest wait for one model call, in seconds")
    model_price_in: float = Field(default=0, ge=0, description="Price of a million input tokens")
    model_price_out: float = Field(default=0, ge=0, description="Price of a million output tokens")

    moderation: str = Field(
        default="",
        description="A moderation endpoint asked beside the built-in checks, such as `openai:MODEL`; empty: none",
    )
    moderation_base_url: str = Field(
        default="", description="Address of the moderation endpoint, where it is not OpenAI's; it mostly ends in /v1"
    )
    moderation_api_key: SecretStr = Field(default=SecretStr(""), description="Key of the moderation's provider")
    moderation_timeout: float = Field(
        default=3, gt=0, description="Longest wait for the moderation of one text, in seconds"
    )

    embeddings: str = Field(
        default="built-in", description="`built-in` (offline, knows English best) or a `provider:model` spec"
    )
    embeddings_base_url: str = Field(
        default="", description="Address of the embeddings' server, where it is not the provider's usual one"
    )
    embeddings_api_key: SecretStr = Field(default=SecretStr(""), description="Key of the embeddings' provider")
    embeddings_timeout: float = Field(default=10, gt=0, description="Longest wait for one call for vectors, in seconds")

    debounce: float = Field(default=1.5, ge=0, description="Quiet time before a follower's messages are answered")
    turn_messages: int = Field(default=10, ge=1, description="Most messages answered together")
    turn_rewrites: int = Field(default=2, ge=0, description="How often new messages may restart a draft")
    max_age_comment: float = Field(default=48 * 3600, gt=0, description="Older comments are kept, not answered")
    max_age_dm: float = Field(default=24 * 3600, gt=0, description="Older direct messages are kept, not answered")
    max_age_live: float = Field(default=30, gt=0, description="Older live lines are kept, not answered")
    human_pause: float = Field(default=12 * 3600, ge=0, description="Quiet after the creator writes in a thread")
    replies_per_hour: int = Field(
        default=20, ge=1, description="Most replies to one follower in an hour, and most calls of the model"
    )
    creator_replies_per_hour: int = Field(
        default=0, ge=0, description="Most replies of one creator in an hour, over all accounts; 0: no such limit"
    )
    creator_replies_per_day: int = Field(
        default=0, ge=0, description="Most replies of one creator in a day (UTC), over all accounts; 0: no such limit"
    )
    creator_cost_per_day: float = Field(
        default=0, ge=0, description="Most that one creator's answers may cost in a day (UTC); 0: no such limit"
    )
    triage_injection: float = Field(
        default=0.5, ge=0, le=1, description="Score from which a message is taken for an attack on the avatar"
    )
    triage_spam: float = Field(default=0.5, ge=0, le=1, description="Score from which a message is taken for spam")
    triage_abuse: float = Field(default=0.5, ge=0, le=1, description="Score from which a message is taken for abuse")
    triage_self_harm: float = Field(
        default=0.5, ge=0, le=1, description="Score from which a message is taken for a cry for help"
    )
    triage_restricted: float = Field(
        default=0.5, ge=0, le=1, description="Score from which a message is left to a person as a restricted request"
    )
    follower_memory: float = Field(
        default=180 * 24 * 3600,
        ge=0,
        description="What a follower told the avatar in direct messages is forgotten after that long; 0: never kept",
    )
    retention_comment: float = Field(
        default=90 * 24 * 3600,
        ge=0,
        description="Comments, and what was made of them, are erased after that long; 0: never",
    )
    retention_dm: float = Field(
        default=90 * 24 * 3600, ge=0, description="The same for direct messages; what followers told has its own time"
    )
    retention_live: float = Field(default=90 * 24 * 3600, ge=0, description="The same for live lines")
    raid_people: int = Field(
        default=15, ge=0, description="Strangers with like or hostile texts at once that make a raid; 0: nothing does"
    )
    raid_window: float = Field(default=600, gt=0, description="How long is at once, in seconds")
    raid_quiet: float = Field(default=1800, gt=0, description="Quiet in public after a raid was seen, in seconds")
    reply_attempts: int = Field(default=6, ge=1, description="Most tries to post one reply")
    reply_expiry: float = Field(default=24 * 3600, gt=0, description="A reply not posted by then is given up")
    workers: int = Field(default=1, ge=1, description="Worker processes that `engage up` starts")
    concurrency: int = Field(default=64, ge=1, description="Turns one worker process answers at the same time")
    lease: float = Field(default=120, ge=5, description="A worker silent this long loses its claim")
    max_body: int = Field(default=1_000_000, ge=1, description="Largest webhook body, in bytes")
    log_level: str = Field(
        default="INFO", pattern="(?i)^(debug|info|warning|error)$", description="DEBUG, INFO, WARNING or ERROR"
    )

    @cached_property
    def directory(self) -> Path:
        """The home directory, made on first use and closed to other users."""
        path = self.home.expanduser().resolve()
        path.mkdir(parents=True, exist_ok=True, mode=0o700)
        return path

    @property
    def ledger_url(self) -> str:
        return self.database_url or f"sqlite:///{self.directory / 'ledger.db'}"

    def retention(self, surface: Surface) -> timedelta | None:
        """None: for ever."""
        seconds = {
            Surface.COMMENT: self.retention_comment,
            Surface.DM: self.retention_dm,
            Surface.LIVE: self.retention_live,
        }
        return timedelta(seconds=seconds[surface]) if seconds[surface] else None

    def max_age(self, surface: Surface) -> timedelta:
        seconds = {
            Surface.COMMENT: self.max_age_comment,
            Surface.DM: self.max_age_dm,
            Surface.LIVE: self.max_age_live,
        }
        return timedelta(seconds=seconds[surface])


def load(environ: dict[str, str] | None = None, **overrides: Any) -> Settings:
    """Read file and environment. Raises ConfigError naming the key, the place and the fix."""
    environ = dict(os.environ) if environ is None else environ
    home = Path(overrides.get("home") or environ.get("ENGAGE_HOME") or ".engage")
    file = home / FILE
    values = {**_from_file(file), **_from_environment(environ), **overrides, "home": home}
    try:
        return Settings(**values)
    except ValidationError as error:
        first = error.errors()[0]
        key = str(first["loc"][0])
        place = "environment" if environ.get(f"{PREFIX}{key.upper()}") else str(file)
        raise ConfigError(first["msg"], key=key, place=place, fix=f"Expected: {_describe(key)}") from None


def _from_file(file: Path) -> dict[str, Any]:
    if not file.exists():
        return {}
    try:
        values = tomllib.loads(file.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"is not TOML: {error}", key=FILE, place=str(file), fix="Mend that line") from None
    for key in values:
        if key not in Settings.model_fields:
            raise _unknown(key, str(file))
    return values


def _from_environment(environ: dict[str, str]) -> dict[str, Any]:
    values = {key: environ[name] for name, key in PLATFORM_NAMES.items() if environ.get(name)}
    for name, value in environ.items():
        if not name.startswith(PREFIX) or name in INTERNAL:
            continue
        key = name.removeprefix(PREFIX).lower()
        if key not in Settings.model_fields:
            raise _unknown(key, f"environment variable {name}")
        if value != "":
            values[key] = value
    return values


def _unknown(key: str, place: str) -> ConfigError:
    near = difflib.get_close_matches(key, Settings.model_fields, n=1)
    fix = f"Did you mean {near[0]}?" if near else "Remove it; docs/operating.md lists the settings"
    return ConfigError("there is no such setting", key=key, place=place, fix=fix)


def _describe(key: str) -> str:
    field = Settings.model_fields.get(key)
    return f"{field.description} (default {field.default!r})" if field else "see docs/operating.md"
