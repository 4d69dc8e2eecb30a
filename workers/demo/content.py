"""The sample creators and the script of their followers, as they stand under config/."""

import tomllib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson

from engage.ledger import creators
from engage.ledger.database import Database
from engage.memory.library import ImportReport, import_paths
from engage.models import Mode, Persona, Surface
from engage.secrets import Vault

CONFIG = Path(__file__).parent.parent.parent / "config"
CREDENTIALS = frozenset({"access_token", "refresh_token", "webhook_secret"})  # of what the network tells of an account
READBACK_LAG_S = 5  # longer than the network's dial is ever turned to
WORDS = ("posts.jsonl", "pairs.jsonl", "faq.jsonl", "products.jsonl")


@dataclass(frozen=True, slots=True)
class Step:
    """One thing a scripted follower does, and what must come of it."""

    at_s: float
    creator: str
    surface: str
    follower: str
    follower_name: str
    action: str  # write | edit | delete
    ref: str
    text: str
    post: str
    reply_to: str
    is_bot: bool
    expect: dict[str, Any]
    why: str


def sample_creators() -> list[Path]:
    """The folders of the sample creators."""
    return sorted(file.parent for file in (CONFIG / "creators").glob("*/creator.toml"))


def read_persona(folder: Path) -> Persona:
    fields = tomllib.loads((folder / "creator.toml").read_text(encoding="utf-8"))
    lists = ("allowed_links", "avoid_topics", "style_rules")
    facts: dict[str, Any] = {key: tuple(value) if key in lists else value.strip() for key, value in fields.items()}
    return Persona(id="", **facts)


def add_creator(db: Database, folder: Path) -> tuple[Persona, ImportReport]:
    """Store a sample creator and import their words."""
    with db.transaction() as tx:
        persona = creators.add_creator(tx, read_persona(folder), datetime.now(UTC))
    return persona, import_paths(db, persona.id, [folder / name for name in WORDS])


def connect_account(
    db: Database, vault: Vault, persona: Persona, sandbox: str, account: dict[str, str], settle: str = "key"
) -> str:
    """Store a sandbox account that answers by itself everywhere. Returns the account's id here."""
    secrets = {key: value for key, value in account.items() if key in CREDENTIALS}
    ends = account.get("expires_at")
    # The network is on this machine and reaches us without a public address.
    config = {"base_url": sandbox, "settle": settle, "readback_lag_s": READBACK_LAG_S, "ingest": "webhook"}
    with db.transaction() as tx:
        account_id = creators.connect_account(
            tx,
            persona.id,
            "sandbox",
            account["user_id"],
            persona.name,
            config,
            vault.lock(secrets),
            datetime.now(UTC),
            expires_at=datetime.fromisoformat(ends) if ends else None,
        )
        for surface in Surface:
            creators.set_mode(tx, account_id, surface, Mode.AUTO, timedelta(0))
    return account_id


def read_posts() -> list[dict[str, str]]:
    """The creators' posts that comments stand under: {"ref", "creator", "text"}."""
    return lines(CONFIG / "demo" / "posts.jsonl")


def read_script() -> list[Step]:
    """The followers' steps, in order of time."""
    rows = lines(CONFIG / "demo" / "script.jsonl")
    return [
        Step(
            at_s=float(row["at_s"]),
            creator=row["creator"],
            surface=row["surface"],
            follower=row["follower"],
            follower_name=row.get("follower_name", row["follower"]),
            action=row["action"],
            ref=row["ref"],
            text=row.get("text", ""),
            post=row.get("post", ""),
            reply_to=row.get("reply_to", ""),
            is_bot=bool(row.get("is_bot")),
            expect=row["expect"],
            why=row.get("why", ""),
        )
        for row in rows
    ]


def lines(file: Path) -> list[Any]:
    return [orjson.loads(line) for line in file.read_bytes().splitlines() if line.strip()]
