"""Keeps the processes of a stack running: starts them, starts them again when they end, and stops them together.

A stack whose worker was killed must answer the next message. So nothing that ends by itself ends the others, and a
process that lives but does nothing (`stuck`) is ended, to be started again.
"""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import IO

POLL_SECONDS = 0.2
WATCH_SECONDS = 5.0
LONGEST_WAIT = 10.0
LONG_LIFE = 30.0  # seconds after which a process counts as started well, and its next end as the first


@dataclass(slots=True)
class Child:
    """One process of the stack and how often it ended in a row."""

    name: str
    command: str
    process: "subprocess.Popen[bytes] | None" = None
    started_at: float = 0.0
    ends: int = 0
    again_at: float = 0.0

    @property
    def is_running(self) -> bool:
        return self.process is not None and self.process.poll() is None


class Supervisor:
    """stuck: pids of processes that live and do nothing, asked every WATCH_SECONDS."""

    def __init__(
        self,
        commands: Mapping[str, str],
        env: Mapping[str, str],
        cwd: str,
        *,
        stop_seconds: float,
        stuck: Callable[[Mapping[str, int]], set[int]] = lambda pids: set(),
    ) -> None:
        self._children = [Child(name, command) for name, command in commands.items()]
        self._env = dict(env)
        self._cwd = cwd
        self._stop_seconds = stop_seconds
        self._stuck = stuck
        self._stopping = threading.Event()
        self._width = max(map(len, commands), default=0)

    def run(self) -> None:
        """Until SIGTERM or SIGINT; then every child gets SIGTERM and `stop_seconds`."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self._stopping.set())
        for child in self._children:
            self._start(child)
        watcher = threading.Thread(target=self._watch, name="watchdog", daemon=True)
        watcher.start()
        while not self._stopping.wait(POLL_SECONDS):
            for child in self._children:
                self._look_after(child)
        self._end_all()

    def _look_after(self, child: Child) -> None:
        now = time.monotonic()
        if child.is_running:
            return
        if child.process is not None:
            lasted = now - child.started_at
            child.ends = 1 if lasted > LONG_LIFE else child.ends + 1
            wait = min(LONGEST_WAIT, 0.25 * 2 ** (child.ends - 1))
            self._say(child, f"ended with {child.process.returncode}; starts again in {wait:g} s")
            child.process, child.again_at = None, now + wait
        elif now >= child.again_at:
            self._start(child)

    def _start(self, child: Child) -> None:
        # A session of its own: Ctrl-C in the terminal reaches this process, which then ends them in order.
        child.process = subprocess.Popen(
            ["/bin/sh", "-c", child.command],
            env=self._env,
            cwd=self._cwd,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        child.started_at = time.monotonic()
        self._say(child, f"started (pid {child.process.pid})")
        threading.Thread(target=self._copy, args=(child, child.process.stdout), daemon=True).start()

    def _copy(self, child: Child, lines: IO[bytes]) -> None:
        with lines:
            for line in lines:
                self._say(child, line.decode(errors="replace").rstrip())

    def _say(self, child: Child, text: str) -> None:
        sys.stderr.write(f"{child.name.ljust(self._width)} | {text}\n")
        sys.stderr.flush()

    def _watch(self) -> None:
        """On a thread of its own: what it asks may be slow, and the others must be looked after meanwhile."""
        while not self._stopping.wait(WATCH_SECONDS):
            running = {one.name: one.process.pid for one in self._children if one.process and one.is_running}
            for pid in self._stuck(running):
                for child in self._children:
                    if child.process is not None and child.process.pid == pid and child.is_running:
                        self._say(child, "does nothing: it is ended")
                        os.killpg(pid, signal.SIGKILL)

    def _end_all(self) -> None:
        running = [child.process for child in self._children if child.process and child.is_running]
        for process in running:
            os.killpg(process.pid, signal.SIGTERM)
        deadline = time.monotonic() + self._stop_seconds
        for process in running:
            try:
                process.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
