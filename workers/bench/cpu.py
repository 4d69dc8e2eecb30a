"""CPU time of a group of processes, also of those that ended meanwhile."""

from collections.abc import Iterable

import psutil


def spent(roots: Iterable[int]) -> float:
    """Seconds of CPU that these processes and all below them have used, user and system."""
    return sum(_of(process) for root in roots for process in _tree(root))


def resident_mb(roots: Iterable[int]) -> float:
    """Their memory in MB: the sum of what each holds, shared pages counted every time."""
    held = 0
    for process in (one for root in roots for one in _tree(root)):
        try:
            held += process.memory_info().rss
        except psutil.Error:
            continue
    return round(held / 1e6, 1)


def _tree(root: int) -> list[psutil.Process]:
    try:
        top = psutil.Process(root)
        return [top, *top.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def _of(process: psutil.Process) -> float:
    """Its own time, and that of its children that have ended."""
    try:
        times = process.cpu_times()
    except psutil.Error:
        return 0.0
    return float(times.user + times.system + times.children_user + times.children_system)
