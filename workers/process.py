"""What every process of ours does first: log in one form, and end when its parent ends."""

import gc
import os
import signal
import subprocess
import threading
import time

from workers import logs

PARENT = "ENGAGE_PARENT_PID"
CHECK_SECONDS = 0.5
YOUNG = 10_000  # new objects between two looks at the youngest: 0.2 s of work at full speed


def begin(level: str = "INFO") -> None:
    """Set logging up and follow the parent that `engage up` named."""
    logs.configure(level)
    logs.mask_crashes()
    end_with_parent()


def end_with_parent() -> None:
    """Stop this process when the one that ENGAGE_PARENT_PID names is gone, also after a kill -9."""
    parent = os.environ.get(PARENT)
    if parent and parent.isdigit():
        threading.Thread(target=_watch, args=(int(parent),), name="parent", daemon=True).start()


def _watch(parent: int) -> None:
    while is_alive(parent):
        time.sleep(CHECK_SECONDS)
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(30)  # a graceful stop gets this long
    os.kill(os.getpid(), signal.SIGKILL)


def keep_what_is_loaded() -> None:
    """What was loaded until now stays for good: the garbage collector need not look through it again and again.

    A worker's modules and models are a million objects. Looking through all of them takes 0.3 s, in which no turn
    moves; under load that came every few seconds.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG, 20, 20)


def end(child: "subprocess.Popen[bytes]", seconds: float) -> None:
    """SIGTERM, and SIGKILL where that was not enough."""
    child.terminate()
    try:
        child.wait(timeout=seconds)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
