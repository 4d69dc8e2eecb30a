"""ElizaOS, a chat agent in Node: its packages from npm in a folder of their own, driven by `eliza.mjs`.

Installed once: into the folder that ENGAGE_BENCH_ELIZA names, else below the user's cache.
"""

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

from workers.bench.references import common
from workers.bench.references.common import Missing

VERSION = "1.7.2"
# (plugin-openai follows numbers of its own: 1.6.0 is its last before 2.)
PACKAGES = {"core": VERSION, "plugin-bootstrap": VERSION, "plugin-sql": VERSION, "plugin-openai": "1.6.0"}
DRIVER = Path(__file__).with_name("eliza.mjs")
INSTALL_SECONDS = 600
SEPARATE = 1_000_000  # rooms: as many as messages
BURST, BURST_ROOMS = 300, 20
# The form in which its prompt wants an answer; without it the model is asked three times and nothing is said.
ANSWER = (
    "<response><thought>ok</thought><actions>REPLY</actions><providers></providers>"
    "<text>Thank you for watching!</text><simple>true</simple></response>"
)


def measure(messages: int, model_url: str, *, burst: bool = True) -> dict[str, Any]:
    """`messages` at once, each in a room of its own; then 300 at once in 20 rooms. Raises Missing."""
    node, folder = _node(), _installed()
    found = _run(node, folder, model_url, messages, SEPARATE)
    crowded = _run(node, folder, model_url, BURST, BURST_ROOMS) if burst else {}
    return {"version": VERSION, **found, f"{BURST}_in_{BURST_ROOMS}_rooms": crowded}


def _run(node: str, folder: Path, model_url: str, messages: int, rooms: int) -> dict[str, Any]:
    shutil.copy(DRIVER, folder)  # Node looks for packages beside the file
    line = [node, DRIVER.name, model_url, str(messages), str(messages), str(rooms)]
    raw = common.last_line(line, cwd=folder)
    return {"messages": messages, **common.figures(raw["waits"], raw["seconds"], raw["cpu_seconds"])}


def _node() -> str:
    found = shutil.which("node")
    if not found:
        raise Missing("Node is not installed (node was not found on PATH)")
    return found


def _installed() -> Path:
    """The folder with the packages."""
    folder = Path(os.environ.get("ENGAGE_BENCH_ELIZA") or _cache() / "engage-bench" / f"eliza-{VERSION}")
    if (folder / "node_modules" / "@elizaos" / "core").is_dir():
        return folder
    npm = shutil.which("npm")
    if not npm:
        raise Missing("npm is not installed, and its packages are not either")
    folder.mkdir(parents=True, exist_ok=True)
    names = [f"@elizaos/{name}@{version}" for name, version in PACKAGES.items()]
    line = [npm, "install", "--ignore-scripts", "--no-audit", "--no-fund", *names]
    try:
        done = subprocess.run(line, cwd=folder, capture_output=True, text=True, timeout=INSTALL_SECONDS, check=False)
    except subprocess.TimeoutExpired:
        raise Missing(f"npm did not install its packages in {INSTALL_SECONDS} s") from None
    if done.returncode:
        raise Missing(f"npm could not install its packages: {done.stderr.strip()[-300:]}")
    return folder


def _cache() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
