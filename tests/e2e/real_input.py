"""Real people's words through the whole stack, with the network's faults on.

`python -m tests.e2e.real_input` prints what became of them; `ENGAGE_TEST_DATA` names the folder of data sets.
"""

import argparse
import asyncio
import json
import os
import random
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from engage.memory.library import import_paths
from engage.models import Persona
from workers import build
from workers.demo import account, network, stage
from workers.demo.account import Fate
from workers.demo.stage import Stage
from workers.encoders import Encoders
from workers.runtime import utc_now

DATA = Path(os.environ.get("ENGAGE_TEST_DATA", Path(__file__).parents[3] / "shared" / "data"))
PERSONA = DATA / "persona_en_chat_creator"
CHAT = DATA / "livechat_gitter" / "messages.jsonl"

# Half of everything that can go wrong on a platform, at rates no real one reaches.
FAULTS: dict[str, float] = {
    "webhook_duplicates": 0.2,
    "webhook_shuffle_s": 0.5,
    "webhook_delay_ms": 50,
    "reply_429": 0.05,
    "retry_after_s": 1,
    "reply_5xx_before": 0.05,
    "reply_5xx_after": 0.05,
    "reply_timeout_after": 0.02,
    "timeout_s": 12,
    "reply_reset_after": 0.05,
    "readback_lag_s": 2,
}
WORDS = ("corpus.jsonl", "pairs.jsonl")
AT_ONCE = 16
SETTLE_SECONDS = 300


@dataclass(frozen=True, slots=True)
class Said:
    """One line of a real person, on the surface it is tried on."""

    surface: str
    who: str
    text: str


def read(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines() if line.strip()]


def lines(live: int, comments: int, dms: int, seed: int = 5) -> list[Said]:
    """Chat lines as they came, and questions drawn from the pairs."""
    chat = [row for row in read(CHAT) if not row["is_bot"] and row["user"] != "creator" and row["text"].strip()]
    start = len(chat) // 2
    said = [Said("live", row["user"], row["text"][:190]) for row in chat[start : start + live]]
    drawn = asked(comments + dms, seed)
    said += [Said("comment", f"c_{n}", row["question"][:900]) for n, row in enumerate(drawn[:comments])]
    said += [Said("dm", f"d_{n}", row["question"][:900]) for n, row in enumerate(drawn[comments:])]
    return said


def asked(count: int, seed: int) -> list[dict[str, Any]]:
    """What followers asked in the pairs: those with a question mark first, then the others; in a drawn order."""
    rows = [row for row in read(PERSONA / "pairs.jsonl") if row["asker"] != "creator" and row["question"].strip()]
    random.Random(seed).shuffle(rows)
    drawn = sorted(rows, key=lambda row: not row["is_question"])[:count]
    random.Random(seed).shuffle(drawn)
    return drawn


async def write_all(net: network.Network, creator: str, said: list[Said]) -> dict[str, Said]:
    """Message id → what was said. A follower's own lines keep their order."""
    post = await net.publish(creator, "ask me anything about the course")
    places, written = asyncio.Semaphore(AT_ONCE), dict[str, Said]()

    async def write(one: Said) -> None:
        where = {"post_id": post} if one.surface == "comment" else {}
        async with places:
            made = await net.write(creator=creator, surface=one.surface, follower=one.who, text=one.text, **where)
        written[made["id"]] = one

    await asyncio.gather(*map(write, said))
    return written


async def perform(
    on: Stage, said: list[Said], settle: str, words: tuple[str, ...], faults: dict[str, float]
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The summary, and every exchange."""
    persona = await asyncio.to_thread(bring_in, on, words)
    async with network.Network(on.sandbox) as net:
        await stage.connect(on, net, {persona.name: persona}, settle)
        await stage.ready(on)
        await net.faults(**faults, idempotency_keys=settle == "key")
        written = await write_all(net, persona.name, said)
        done = await stage.settled(on, net, SETTLE_SECONDS)
        stats = await net.stats()
    known = await on.db.read(account.fates)
    found = account.take(list(written), known)
    replies = {state for fate in known.values() for state in [fate.reply_state]}
    summary = {
        **account.summary(found, stats),
        "settled": done,
        "reasons": dict(found.reasons.most_common()),
        "reply_states": {s: sum(f.reply_state == s for f in known.values()) for s in sorted(replies) if s},
        "violations": stats["violations"],
        "faults": stats["faults"],
        "webhooks": stats["webhooks"],
        "by_surface": by_surface(written, known),
    }
    return summary, [{**asdict(one), **asdict(known[key])} for key, one in written.items() if key in known]


def bring_in(on: Stage, words: tuple[str, ...]) -> Persona:
    from engage.ledger.creators import add_creator

    with on.db.transaction() as tx:
        persona = add_creator(tx, Persona(id="", name="host", display_name="Host"), utc_now())
    import_paths(on.db, persona.id, [PERSONA / name for name in words])
    with build.chroma(on.settings) as url:
        build.index_waiting(on.db, url, Encoders(on.settings, on.db))
    return persona


def by_surface(written: dict[str, Said], known: dict[str, Fate]) -> dict[str, dict[str, int]]:
    counts: dict[str, dict[str, int]] = {}
    for key, one in written.items():
        outcome = known[key].outcome if key in known else "lost"
        place = counts.setdefault(one.surface, {})
        place[outcome] = place.get(outcome, 0) + 1
    return counts


def run(
    live: int,
    comments: int,
    dms: int,
    settle: str,
    words: tuple[str, ...] = WORDS,
    faults: dict[str, float] = FAULTS,
    **settings: Any,
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    said = lines(live, comments, dms)
    with stage.running(**settings) as on:
        return asyncio.run(perform(on, said, settle, words, faults))


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--live", type=int, default=300)
    parser.add_argument("--comments", type=int, default=100)
    parser.add_argument("--dms", type=int, default=100)
    parser.add_argument("--settle", default="key", choices=["key", "readback", "park"])
    parser.add_argument("--exchanges", type=Path, help="write every exchange there, as JSON Lines")
    options = parser.parse_args()
    summary, exchanges = run(options.live, options.comments, options.dms, options.settle)
    if options.exchanges:
        options.exchanges.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in exchanges))
    json.dump(summary, sys.stdout, indent=1)


if __name__ == "__main__":
    main()
