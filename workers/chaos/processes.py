"""The victims: processes of the stack by their name in the Procfile, found below the one that supervises them."""

import signal
from collections.abc import Sequence

import psutil

WORDS = {
    "worker": "workers.app",
    "listener": "workers.listen",
    "webhooks": "workers.webhooks",
    "redis": "valkey-server",
}


def find(supervisors: Sequence[int], name: str) -> list[int]:
    """Pids of the running processes of one kind."""
    found = []
    for pid in supervisors:
        try:
            below = psutil.Process(pid).children(recursive=True)
        except psutil.NoSuchProcess:
            continue
        found += [one.pid for one in below if _is(one, WORDS[name])]
    return found


def _is(process: psutil.Process, word: str) -> bool:
    try:
        return process.status() != psutil.STATUS_ZOMBIE and any(word in part for part in process.cmdline())
    except psutil.Error:
        return False


def kill(pid: int) -> bool:
    """Without a chance to say goodbye. False where it was gone already."""
    return _send(pid, signal.SIGKILL)


def freeze(pid: int) -> bool:
    return _send(pid, signal.SIGSTOP)


def thaw(pid: int) -> bool:
    return _send(pid, signal.SIGCONT)


def _send(pid: int, number: signal.Signals) -> bool:
    try:
        psutil.Process(pid).send_signal(number)
    except psutil.NoSuchProcess:
        return False
    return True
