"""CPU time and memory of the processes of a stack, by kind, also of those that ended meanwhile."""

from collections import Counter
from collections.abc import Iterable, Iterator

import psutil

# The first of these words in a command line says what kind of process it is.
KINDS = {
    "worker": "workers.app",
    "webhooks": "workers.webhooks",
    "listener": "workers.listen",
    "studio": "workers.studio",
    "redis": "valkey",
    "chroma": "chroma",
    "database": "postgres",
}
OTHER = "supervisor"


def spent(roots: Iterable[int]) -> Counter[str]:
    """Seconds of CPU, user and system, that these processes and all below them have used: kind → seconds."""
    seconds: Counter[str] = Counter()
    for process in _trees(roots):
        try:
            times = process.cpu_times()
            # Of its own, and of its children that have ended.
            seconds[_kind(process)] += times.user + times.system + times.children_user + times.children_system
        except psutil.Error:
            continue
    return seconds


def resident_mb(roots: Iterable[int]) -> Counter[str]:
    """Their memory: kind → MB, the sum of what each process holds, shared pages counted every time."""
    held: Counter[str] = Counter()
    for process in _trees(roots):
        try:
            held[_kind(process)] += process.memory_info().rss / 1e6
        except psutil.Error:
            continue
    return held


def _trees(roots: Iterable[int]) -> Iterator[psutil.Process]:
    for root in roots:
        try:
            top = psutil.Process(root)
            yield from (top, *top.children(recursive=True))
        except psutil.NoSuchProcess:
            continue


def _kind(process: psutil.Process) -> str:
    line = " ".join(process.cmdline())
    return next((kind for kind, word in KINDS.items() if word in line), OTHER)
