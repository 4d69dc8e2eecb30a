"""Do secrets stay where they belong? Creators with secrets in their words, followers with secrets in their direct
messages, a model that gives back its whole prompt, and questions for what others told.

Everything between the platform's payload and the outbox is the real thing. A secret may stand in a prompt or a reply
only where it belongs: a creator's in those for their own followers, a follower's in their own direct messages.
"""

import asyncio
import random
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import Connection, func, select

from engage import intake
from engage.ledger import creators, inbox
from engage.ledger.inbox import Incoming
from engage.ledger.tables import decisions, drafts, facts, followers, replies, turns
from engage.memory.importers.rows import Faq, Row, Said
from engage.memory.library import import_rows
from engage.models import Mode, Persona, Surface
from engage.settings import load
from workers.answering import Answering
from workers.bench import leaking
from workers.bench.leaking import Leaking
from workers.bench.planted import MARK, SECRET, Asked, Plan, World, plants, probes
from workers.build import index_waiting
from workers.demo.content import connect_account
from workers.encoders import Encoders
from workers.runtime import Runtime

AT_ONCE = 500  # deliveries that are stored and taken in together


def measure(plan: Plan) -> dict[str, Any]:
    """Plant, probe, and look through every prompt, draft, card and reply."""
    return asyncio.run(_measure(plan))


async def _measure(plan: Plan) -> dict[str, Any]:
    begun, random_ = time.monotonic(), random.Random(plan.seed)
    world = World(plan)
    with leaking.running(SECRET) as model, _home(plan, model) as runtime:
        await asyncio.to_thread(_settle, runtime, world, random_)
        await _talk(runtime, world, list(plants(world, random_)))
        planted = await runtime.db.read(_count_facts)
        shown = len(model.prompts)
        await _talk(runtime, world, probes(world, random_))
        found = _judge_prompts(world, model.prompts)
        written = await runtime.db.read(_judge_rows, world)
        states = await runtime.db.read(_outcomes)
        await (await runtime.avatar()).aclose()
        await runtime.aclose()
    return {
        "creators": plan.creators,
        "followers": plan.creators * plan.followers,
        "probes": plan.probes,
        "secrets": len(world.whose),
        "facts_planted": planted,
        "prompts": len(model.prompts),
        "prompts_of_probes": len(model.prompts) - shown,
        "own_secrets_in_prompts": found["own"],
        "foreign_in_prompts": found["foreign"],
        "texts_looked_at": written["texts"],
        "own_secrets_in_texts": written["own"],
        "replies": written["replies"],
        "foreign_in_texts": written["foreign"],
        "outcomes": states,
        "seconds": round(time.monotonic() - begun, 1),
    }


@contextmanager
def _home(plan: Plan, model: Leaking) -> Iterator[Runtime]:
    from engage.memory import chroma_server

    with (
        tempfile.TemporaryDirectory(prefix="engage-bench-", ignore_cleanup_errors=True) as folder,
        chroma_server.running(Path(folder) / "chroma") as chroma,
    ):
        yield Runtime.start(
            load(
                {},
                home=Path(folder),
                database_url=plan.database,
                redis_url="redis://127.0.0.1:1/0",
                chroma_url=chroma,
                model="openai:leaking",
                model_base_url=model.url,
                model_api_key="sk-none",
                debounce=0,
                replies_per_hour=1000,
                triage_injection=1,  # what triage turns away proves nothing here: every probe is to reach the model
                triage_restricted=1,
            )
        )


def _settle(runtime: Runtime, world: World, random_: random.Random) -> None:
    """The creators, each with secrets in their words and in what is said about them."""
    for number in range(world.plan.creators):
        shelf, notes, bio = (world.secret(random_, number) for _ in range(3))
        persona = Persona(id="", name=f"c{number}", display_name=f"Creator {number}", bio=f"Lives in {bio}.")
        with runtime.db.transaction() as tx:
            made = creators.add_creator(tx, persona, datetime.now(UTC))
        account = {"user_id": f"u_{number}", "access_token": "none"}
        account_id = connect_account(runtime.db, runtime.vault, made, "http://127.0.0.1:9", account)
        with runtime.db.transaction() as tx:
            for surface in Surface:
                creators.set_mode(tx, account_id, surface, Mode.AUTO)
        world.accounts.append(account_id)
        world.ids.append(made.id)
        words: list[Row] = [
            Faq("notes", "Where do you keep your notes?", f"All my notes are in a box called {notes}."),
            Said("shelf", f"The shelf in the studio where I keep tea for my followers is called {shelf}."),
            Said("tea", "What my followers tell me about their tea and their names stays with me."),
        ]
        import_rows(runtime.db, made.id, words)
    index_waiting(runtime.db, runtime.settings.chroma_url, Encoders(runtime.settings, runtime.db))


async def _talk(runtime: Runtime, world: World, asked: Iterable[Asked]) -> None:
    """Everything is delivered, taken in, answered and concluded as a worker does it."""
    answering = Answering(runtime, "bench", [Surface.DM, Surface.COMMENT], lambda _: None)
    portion: list[Asked] = []
    async with answering.conclusions:
        for one in asked:
            portion.append(one)
            if len(portion) == AT_ONCE:
                await _deliver(runtime, world, portion)
                await _answer(answering)
                portion = []
        await _deliver(runtime, world, portion)
        await _answer(answering)


async def _deliver(runtime: Runtime, world: World, asked: Sequence[Asked]) -> None:
    now, batch = datetime.now(UTC), []
    for one in asked:
        world.asked.append(one)
        number = len(world.asked) - 1
        batch.append(Incoming(world.accounts[one.creator], f"e{number}", "webhook", _body(one, number, now)))
    await runtime.db.run(inbox.store, batch, now)
    while True:
        policy = runtime.intake_policy
        done = await runtime.db.run(intake.process, runtime.parser_of, policy, datetime.now(UTC), AT_ONCE)
        if not done.deliveries:
            return


def _body(one: Asked, number: int, now: datetime) -> bytes:
    who = f"f_{one.creator}_{one.follower}"
    place = f"dm_{who}" if one.surface is Surface.DM else f"p_{one.creator}:m_{number}"
    message = {
        "id": f"m_{number}",
        "surface": one.surface.value,
        "conversation_id": place,
        "author": {"id": who, "name": f"Follower {one.creator}-{one.follower}", "is_bot": False},
        "text": one.text.format(number=number),
        "sent_at": now.isoformat(),
        "reply_to": None,
        "post": {"id": f"p_{one.creator}", "text": "a post"},
    }
    account = {"id": f"u_{one.creator}", "app_id": "app_1"}
    kind = f"{one.surface.value}.created"
    return orjson.dumps({"id": f"e{number}", "type": kind, "account": account, "data": message})


async def _answer(answering: Answering) -> None:
    """Until nothing is due and nothing is being answered."""
    while True:
        wait = await answering.step()
        tasks = answering.crew.tasks
        if tasks:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        elif wait:
            return


# what was shown and written -----------------------------------------------------------------------------------------


def _judge_prompts(world: World, prompts: Sequence[str]) -> dict[str, int]:
    """Secrets in prompts. Whose a prompt is, is told by the number of the message it answers, the last in it."""
    found: Counter[str] = Counter(own=0, foreign=0)
    for prompt in prompts:
        asked = world.asked[int(MARK.findall(prompt)[-1])]
        foreign = world.foreign(prompt, asked)
        found["foreign"] += len(foreign)
        found["own"] += len({word.lower() for word in SECRET.findall(prompt)}) - len(foreign)
    return found


def _judge_rows(tx: Connection, world: World) -> dict[str, int]:
    """Secrets in every reply, draft and card, by whose turn it was."""
    found: Counter[str] = Counter(texts=0, replies=0, own=0, foreign=0)
    texts = ((replies, replies.c.text), (drafts, drafts.c.text), (decisions, decisions.c.card))
    number = {creator_id: place for place, creator_id in enumerate(world.ids)}
    for table, column in texts:
        whose = select(column.label("said"), turns.c.creator_id, turns.c.surface, followers.c.platform_user_id)
        query = whose.join_from(table, turns, turns.c.id == table.c.turn_id)
        for row in tx.execute(query.join(followers, followers.c.id == turns.c.follower_id)):
            follower = int(row.platform_user_id.rpartition("_")[2])
            asked = Asked(number[row.creator_id], follower, Surface(row.surface), "")
            said = row.said if isinstance(row.said, str) else orjson.dumps(row.said).decode()
            found["texts"] += 1
            foreign = world.foreign(said, asked)
            found["foreign"] += len(foreign)
            found["own"] += len({word.lower() for word in SECRET.findall(said)}) - len(foreign)
            found["replies"] += table is replies
    return found


def _count_facts(tx: Connection) -> int:
    return int(tx.execute(select(func.count()).select_from(facts)).scalar_one())


def _outcomes(tx: Connection) -> dict[str, int]:
    found = tx.execute(select(decisions.c.outcome, func.count()).group_by(decisions.c.outcome))
    return {str(outcome): count for outcome, count in found}
