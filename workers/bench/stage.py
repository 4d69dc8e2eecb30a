"""What every measurement begins with: a home of its own, a receiver process, an account whose webhooks are signed."""

import base64
import os
import secrets
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson

from connectors import signatures
from engage.errors import EngageError
from engage.ledger import schema
from engage.ledger.creators import add_creator
from engage.ledger.database import Database
from engage.models import Persona
from engage.secrets import Vault
from engage.settings import Settings, load
from workers import services
from workers.demo.content import connect_account
from workers.process import PARENT, end

START_SECONDS = 60


class BenchFailed(EngageError):
    """The measurement could not be made."""


@dataclass(frozen=True, slots=True)
class Hook:
    """A receiver with one account."""

    url: str
    secret: str
    db: Database
    settings: Settings

    def delivery(self, number: int) -> tuple[dict[str, str], bytes]:
        """Headers and body of one follower's comment, signed now."""
        body = orjson.dumps(_comment(number))
        now, key = datetime.now(UTC), f"evt_{number}"
        headers = {
            "webhook-id": key,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": signatures.sign(self.secret, key, now, body),
            "content-type": "application/json",
        }
        return headers, body


def _comment(number: int) -> dict[str, Any]:
    message = {
        "id": f"m_{number}",
        "surface": "comment",
        "conversation_id": f"p_1:m_{number}",
        "author": {"id": f"f_{number}", "name": f"Follower {number}", "is_bot": False},
        "text": f"what grease do you use on a bottom bracket, and how much of it? ({number})",
        "sent_at": datetime.now(UTC).isoformat(),
        "reply_to": None,
        "post": {"id": "p_1", "text": "a post"},
    }
    account = {"id": "u_1", "app_id": "app_1"}
    return {"id": f"evt_{number}", "type": "comment.created", "account": account, "data": message}


@contextmanager
def receiver(database: str = "") -> Iterator[Hook]:
    """`python -m workers.webhooks` on a free port, with a fresh ledger. A given database must be empty."""
    with ExitStack() as stack:
        prefix = "engage-bench-"
        home = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix=prefix, ignore_cleanup_errors=True)))
        # No Redis listens there: intake must not need one.
        settings = load({}, home=home, database_url=database, redis_url="redis://127.0.0.1:1/0")
        db = Database(settings.ledger_url)
        stack.callback(db.close)
        schema.upgrade(db)
        secret = "whsec_" + base64.b64encode(secrets.token_bytes(24)).decode()
        account_id = _account(db, Vault.at(settings.directory), secret)
        url = stack.enter_context(serving(settings, "workers.webhooks"))
        yield Hook(f"{url}/hooks/sandbox/{account_id}", secret, db, settings)


def _account(db: Database, vault: Vault, secret: str) -> str:
    with db.transaction() as tx:
        persona = add_creator(tx, Persona(id="", name="bench", display_name="Bench"), datetime.now(UTC))
    account = {"user_id": "u_1", "access_token": "none", "webhook_secret": secret}
    return connect_account(db, vault, persona, "http://127.0.0.1:9", account)


@contextmanager
def serving(settings: Settings, module: str) -> Iterator[str]:
    """A web process of ours on a free port; it ends with the block."""
    port = services.free_port()
    env = {
        **os.environ,
        PARENT: str(os.getpid()),
        "ENGAGE_HOME": str(settings.directory),
        "ENGAGE_DATABASE_URL": settings.database_url,
        "ENGAGE_REDIS_URL": settings.redis_url,
        "ENGAGE_WEBHOOK_PORT": str(port),
        "ENGAGE_LOG_LEVEL": "ERROR",
    }
    server = subprocess.Popen([sys.executable, "-m", module], env=env, stdout=subprocess.DEVNULL)
    url = f"http://127.0.0.1:{port}"
    try:
        _wait(server, f"{url}/healthz")
        yield url
    finally:
        end(server, 20)


def _wait(server: "subprocess.Popen[bytes]", url: str) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and server.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=1):  # noqa: S310 - our own http
                return
        except OSError:
            time.sleep(0.05)
    raise BenchFailed(f"{url} did not answer in {START_SECONDS} s")
