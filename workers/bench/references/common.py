"""What the references share: the prompt they send, how they are run, and the figures they give."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from typing import Any

from workers.bench.load import milliseconds
from workers.bench.stage import BenchFailed
from workers.process import PARENT

LONGEST_SECONDS = 600
# As long as a prompt of Engage's; who reads it pays for its bytes.
PROMPT: dict[str, Any] = {
    "model": "mock",
    "messages": [
        {"role": "system", "content": "You answer in the words of a creator. " * 60},
        {"role": "user", "content": "what grease do you use on a bottom bracket, and how much of it?"},
    ],
}


class Missing(Exception):
    """A reference cannot run here; the message says why."""


def figures(waits: Sequence[float], seconds: float, cpu_seconds: float) -> dict[str, Any]:
    """waits: seconds from taking each message to its answer; cpu_seconds: of the reference's own processes."""
    ordered = sorted(waits)
    return {
        "replies": len(ordered),
        "replies_per_s": round(len(ordered) / seconds, 1),
        "p50_ms": milliseconds(ordered, 0.5),
        "p95_ms": milliseconds(ordered, 0.95),
        "cpu_ms_per_reply": round(cpu_seconds * 1000 / max(1, len(ordered)), 2),
    }


def python(module: str, *words: str) -> list[str]:
    return [sys.executable, "-m", module, *words]


def last_line(command: Sequence[str], **options: Any) -> dict[str, Any]:
    """Run it to its end; the last line that it prints is JSON. Raises BenchFailed."""
    env = {**os.environ, PARENT: str(os.getpid()), **options.pop("env", {})}
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=LONGEST_SECONDS, env=env, check=False, **options
    )
    try:
        found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    except (IndexError, ValueError):
        raise BenchFailed(f"{command[0]} {command[1]} ended with {done.returncode}: {done.stderr[-1000:]}") from None
    return found
