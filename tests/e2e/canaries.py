"""Canaries: what a follower writes so that it can be searched for wherever it must not be."""

import asyncio
import base64
import re
from pathlib import Path

import httpx

from tests.e2e.conftest import QUESTIONS
from workers.demo.stage import Stage

NAME, WORD, MAIL, PHONE = "canaryname7731", "canaryword7732", "canary7733@mail.example", "+44 20 7946 0958"
CANARIES = (NAME, WORD, MAIL, PHONE, PHONE.replace(" ", ""), "canary773")
ASKED = f"{QUESTIONS[0]} {WORD}"  # answered
TEXT = f"{ASKED} {MAIL} {PHONE}"


def found_in(texts: dict[str, str]) -> dict[str, list[str]]:
    """Where canaries are, and which."""
    found = {name: [canary for canary in CANARIES if canary in text] for name, text in texts.items()}
    return {name: canaries for name, canaries in found.items() if canaries}


async def misused(on: Stage, account_id: str) -> dict[str, str]:
    """What is answered to forged, broken and misled calls, and what is measured meanwhile."""
    hook = f"/hooks/sandbox/{account_id}"
    async with httpx.AsyncClient(base_url=on.stack.webhooks) as receiver, httpx.AsyncClient() as visitor:
        said = {
            "forged": await receiver.post(hook, content=TEXT.encode(), headers={"webhook-id": NAME}),
            "unsigned": await receiver.post(f"{hook}?token={WORD}", content=TEXT.encode()),
            "unknown": await receiver.post(f"/hooks/instagram?who={MAIL}", content=TEXT.encode()),
            "misled": await receiver.get(f"/hooks/sandbox/{MAIL}", params={"hub.challenge": WORD}),
            "lost": await receiver.get(f"/hooks/{WORD}/{WORD}"),
            "strayed": await receiver.post(f"/hooks/sandbox/{WORD}", content=TEXT.encode()),
            "erasing": await receiver.post(f"/erasures/{WORD}", data={"signed_request": WORD}),
            "metrics": await receiver.get("/metrics"),
            "health": await receiver.get("/healthz"),
            "studio": await visitor.get(f"{on.stack.studio}/turn?id={WORD}", follow_redirects=False),
        }
        return {name: answer.text for name, answer in said.items()}


def log_of(on: Stage) -> str:
    return (on.settings.directory / "logs" / "stack.log").read_text(errors="replace")


async def outside_the_ledger(on: Stage) -> dict[str, str]:
    """Every file of the home: logs, what Redis kept, run files. The sandbox network is no part of Engage."""
    home = on.settings.directory
    ours = [path for path in home.rglob("*") if path.is_file() and "chroma" not in path.parts]
    kept = [path for path in ours if not path.name.startswith("ledger.db") and path.name != "sandbox.log"]
    return await asyncio.to_thread(lambda: {path.name: readable(path) for path in kept})


def readable(path: Path) -> str:
    """A file's text, and what stands in it in base64: Celery writes the arguments of a task so."""
    text = path.read_bytes().decode("latin-1")
    return text + "".join(map(_decoded, re.findall(r"[A-Za-z0-9+/]{16,}={0,2}", text)))


def _decoded(word: str) -> str:
    try:
        return base64.b64decode(word, validate=True).decode("latin-1")
    except ValueError:
        return ""
