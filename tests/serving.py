"""A receiver on a free port, and a sandbox account in its ledger: what end-to-end tests begin with."""

import asyncio
import base64
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson
import uvicorn

from connectors import signatures
from engage.ledger.creators import add_creator
from engage.models import Persona
from engage.settings import Settings
from workers import services, webhooks
from workers.demo.content import connect_account
from workers.runtime import Runtime

SECRET = "whsec_" + base64.b64encode(b"only for tests, never for people").decode()


@contextmanager
def receiver(settings: Settings, port: int = 0) -> Iterator[str]:
    """The webhook receiver on a thread; yields its address."""
    port = port or services.free_port()
    app = webhooks.make_app(Runtime.start(settings))
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_config=None, access_log=False))
    started = threading.Event()
    startup = server.startup

    async def tell(*args: Any, **kwargs: Any) -> None:
        await startup(*args, **kwargs)
        started.set()

    server.startup = tell  # type: ignore[method-assign]
    thread = threading.Thread(target=lambda: asyncio.run(server.serve()), daemon=True)
    thread.start()
    assert started.wait(20), "the receiver did not start"
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(20)


@dataclass(frozen=True, slots=True)
class Mailbox:
    """An account whose webhooks a test can sign."""

    account_id: str
    creator_id: str
    path: str

    def signed(self, body: bytes, key: str, *, secret: str = SECRET, at: datetime | None = None) -> dict[str, str]:
        """Headers of a genuine delivery."""
        moment = at or datetime.now(UTC)
        return {
            "webhook-id": key,
            "webhook-timestamp": str(int(moment.timestamp())),
            "webhook-signature": signatures.sign(secret, key, moment, body),
            "content-type": "application/json",
        }

    def comment(self, number: int, text: str = "how do you true a wheel?") -> bytes:
        """A delivery of one follower's comment, each number another follower in another thread."""
        message = {
            "id": f"m_{number}",
            "surface": "comment",
            "conversation_id": f"p_1:m_{number}",
            "author": {"id": f"f_{number}", "name": f"Follower {number}", "is_bot": False},
            "text": text,
            "sent_at": datetime.now(UTC).isoformat(),
            "reply_to": None,
            "post": {"id": "p_1", "text": "a post"},
        }
        account = {"id": "u_1", "app_id": "app_1"}
        return orjson.dumps({"id": f"evt_{number}", "type": "comment.created", "account": account, "data": message})


def mailbox(runtime: Runtime, sandbox: str = "http://127.0.0.1:9") -> Mailbox:
    """A creator with a sandbox account that answers by itself."""
    with runtime.db.transaction() as tx:
        persona = add_creator(tx, Persona(id="", name="tilly", display_name="Tilly"), datetime.now(UTC))
    account = {"user_id": "u_1", "access_token": "token", "webhook_secret": SECRET}
    account_id = connect_account(runtime.db, runtime.vault, persona, sandbox, account)
    return Mailbox(account_id, persona.id, f"/hooks/sandbox/{account_id}")
