"""Bluesky's own servers, as npm has them: the account server, and with PostgreSQL the network's view behind it.

They are installed once, outside the repository, and run on this machine only. Where that cannot be, tests are skipped.
"""

import hashlib
import json
import os
import selectors
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

from tests.platforms.installing import alone

HERE = Path(__file__).parent / "node" / "bluesky"
PACKAGES = ("package.json", "package-lock.json")
OLDEST_NODE = 18
OPERATOR = ("admin", "admin-pass")  # as @atproto/dev-env has it
INSTALL_SECONDS, START_SECONDS = 500, 90.0

# What the view's database is told to have: the search for people, which is used by none of these tests, needs an
# extension that this PostgreSQL lacks. `serve.mjs` drops its indexes before anything is written.
_INSTEAD_OF_TRIGRAMS = (
    "CREATE OPERATOR CLASS public.gist_trgm_ops FOR TYPE text USING gist AS"
    " FUNCTION 1 gist_point_consistent(internal, point, smallint, oid, internal),"
    " FUNCTION 2 gist_box_union(internal, internal), FUNCTION 5 gist_box_penalty(internal, internal, internal),"
    " FUNCTION 6 gist_box_picksplit(internal, internal), FUNCTION 7 gist_box_same(box, box, internal)",
    "INSERT INTO pg_extension (oid, extname, extowner, extnamespace, extrelocatable, extversion)"
    " SELECT 999999, 'pg_trgm', oid, 'public'::regnamespace, false, '1.6' FROM pg_roles WHERE rolname = current_user",
)


@dataclass(frozen=True, slots=True)
class Servers:
    """Where they are."""

    pds: str
    plc: str  # the directory of identities

    def call(self, method: str, body: dict[str, Any], token: str = "") -> dict[str, Any]:
        """A procedure, as an app of a person would call it."""
        headers = {"authorization": f"Bearer {token}"} if token else {}
        answer = httpx.post(f"{self.pds}/xrpc/{method}", json=body, headers=headers, timeout=30)
        assert answer.is_success, (method, answer.status_code, answer.text)
        said: dict[str, Any] = answer.json() if answer.content else {}
        return said

    def person(self, name: str) -> dict[str, Any]:
        """A new account with its session, opened by its own password `pass-<name>`."""
        given = {"handle": f"{name}.test", "email": f"{name}@mail.test", "password": f"pass-{name}"}
        return self.call("com.atproto.server.createAccount", given)

    def delete(self, person: dict[str, Any]) -> None:
        """Take an account away, as its server's operator does it."""
        place = f"{self.pds}/xrpc/com.atproto.admin.deleteAccount"
        answer = httpx.post(place, json={"did": person["did"]}, auth=OPERATOR, timeout=30)
        assert answer.is_success, answer.text

    def write(self, person: dict[str, Any], record: dict[str, Any], rkey: str = "") -> dict[str, str]:
        """A record of a person; returns its uri and cid."""
        place = {"repo": person["did"], "collection": record["$type"], **({"rkey": rkey} if rkey else {})}
        said = self.call("com.atproto.repo.createRecord", {**place, "record": record}, person["accessJwt"])
        return {"uri": said["uri"], "cid": said["cid"]}


@contextmanager
def running(postgres_url: str, scratch: Path) -> Iterator[Servers]:
    """The servers for the length of the block, with an empty database at `postgres_url`."""
    folder = installed()
    with psycopg.connect(postgres_url, autocommit=True) as db:
        for statement in _INSTEAD_OF_TRIGRAMS:
            db.execute(statement.encode())
    env = {"PATH": os.environ["PATH"], "HOME": str(scratch), "TMPDIR": str(scratch), "LOG_ENABLED": "false"}
    with (scratch / "log").open("w") as log:
        child = subprocess.Popen(
            ["node", str(HERE / "serve.mjs")],
            cwd=folder,
            env={**env, "POSTGRES_URL": postgres_url},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
        )
        try:
            said = json.loads(_first_line(child, scratch / "log"))
            yield Servers(said["pds"], said["plc"])
        finally:
            assert child.stdin is not None
            assert child.stdout is not None
            child.stdin.close()
            child.stdout.close()
            child.wait(20)


def _first_line(child: "subprocess.Popen[bytes]", log: Path) -> bytes:
    assert child.stdout is not None
    with selectors.DefaultSelector() as waiting:
        waiting.register(child.stdout, selectors.EVENT_READ)
        assert waiting.select(START_SECONDS), f"the servers said nothing: {log.read_text()[-2000:]}"
    line = child.stdout.readline()
    assert line, f"the servers ended at once: {log.read_text()[-2000:]}"
    return line


def installed() -> Path:
    """The folder with the servers' packages; they are fetched where they are not there. Skips where they cannot be."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        pytest.skip("Bluesky's own servers need node and npm")
    version = subprocess.run([node, "--version"], capture_output=True, text=True).stdout.strip().lstrip("v")
    if int(version.split(".")[0]) < OLDEST_NODE:
        pytest.skip(f"Bluesky's own servers need node {OLDEST_NODE}, this is {version}")
    wanted = b"".join((HERE / name).read_bytes() for name in PACKAGES)
    lock = hashlib.sha256(wanted).hexdigest()[:12]
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "engage-tests"
    folder = home / f"bluesky-{lock}-node-{version}"
    with alone(folder):  # a compiler runs for minutes
        if not folder.is_dir():
            _install(Path(npm), Path(node), home, folder)
    return folder


def _install(npm: Path, node: Path, home: Path, folder: Path) -> None:
    with tempfile.TemporaryDirectory(dir=home, ignore_cleanup_errors=True) as scratch:
        made = Path(scratch) / "made"
        made.mkdir()
        for name in PACKAGES:
            shutil.copy(HERE / name, made)
        # One package is compiled: with the headers that came with node, where they did.
        near = node.resolve().parent.parent
        headers = [f"--nodedir={near}"] if (near / "include" / "node" / "node.h").exists() else []
        try:
            line = [str(npm), "ci", "--no-audit", "--no-fund", *headers]
            done = subprocess.run(line, cwd=made, capture_output=True, text=True, timeout=INSTALL_SECONDS)
            tried = subprocess.run([str(node), "-e", "require('better-sqlite3')(':memory:')"], cwd=made)
        except subprocess.TimeoutExpired:
            pytest.skip("npm did not install Bluesky's own servers in time")
        if done.returncode or tried.returncode:
            pytest.skip(f"npm cannot install Bluesky's own servers here: {done.stderr.strip()[-300:]}")
        made.rename(folder)
