"""Replies that are due, made the way they come to be: followers write, intake reads, an answer is concluded."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from engage import intake
from engage.ledger import creators, inbox, turns
from engage.ledger.conclusions import Conclusion, conclude_all
from engage.ledger.inbox import Incoming
from engage.ledger.tables import accounts
from engage.models import Answer, Card, Disclosure, Persona, Reply, Surface
from workers.demo.content import connect_account
from workers.demo.network import Network
from workers.runtime import Runtime, utc_now

GROUP = 200
LATER = timedelta(minutes=1)  # every debounce is over by then
EXPIRES = timedelta(days=1)


async def connect(runtime: Runtime, net: Network, handle: str, **config: Any) -> str:
    """A creator with an account on the network; returns its id. config: what the sandbox's README names."""
    persona = await runtime.db.run(creators.add_creator, Persona(id="", name=handle, display_name=handle), utc_now())
    made = await net.connect(handle, handle)
    account_id = connect_account(runtime.db, runtime.vault, persona, net.url, made)
    await runtime.db.run(_configure, account_id, config)
    return account_id


def _configure(tx: Any, account_id: str, config: Mapping[str, Any]) -> None:
    known = creators.get_account(tx, account_id).config
    tx.execute(accounts.update().where(accounts.c.id == account_id).values(config={**known, **config}))


async def fill(runtime: Runtime, net: Network, account_id: str, handle: str, count: int) -> None:
    """`count` followers comment, and the answer to each of them is due."""
    post = await net.publish(handle, "ask me anything")
    message = {"creator": handle, "surface": "comment", "post_id": post}
    for first in range(0, count, GROUP):
        await net.write_many(
            [
                {**message, "follower": f"f_{n}", "text": "what do you use?"}
                for n in range(first, min(count, first + GROUP))
            ]
        )
    connector = await runtime.connector(account_id)
    cursor = ""
    while events := (page := await connector.poll(cursor)).events:  # type: ignore[attr-defined]
        cursor = page.cursor
        kept = [Incoming(account_id, event.key, "poll", event.body) for event in events]
        await runtime.db.run(inbox.store, kept, utc_now())
    while (await runtime.db.run(intake.process, runtime.parser_of, runtime.intake_policy, utc_now(), GROUP)).deliveries:
        pass
    while await runtime.db.run(_answer, utc_now()):
        pass


def _answer(tx: Any, now: datetime) -> int:
    claimed = turns.claim(tx, Surface.COMMENT, GROUP, "backlog", LATER, now + LATER)
    outcome = Answer(Reply("This one, and it is enough.", Disclosure.NATIVE), Card(reasons=("supported",)))
    conclude_all(tx, [Conclusion(one, outcome, now + EXPIRES) for one in claimed], 1, now)
    return len(claimed)
