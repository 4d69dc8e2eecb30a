"""The process itself: first start, secrets on disk, memory, and what it must not load."""

import stat
import subprocess
import sys
from pathlib import Path

import httpx

from engage.ledger import users
from tests.studio.serving import running
from workers.studio.app import storage_secret

MOST_MEMORY = 250  # MB
HEAVY = ("chromadb", "langchain", "langchain_core", "numpy", "tokenizers", "sklearn", "engage.avatar")


def test_the_password_is_told_once_and_opens_the_account(tmp_path: Path) -> None:
    with running(tmp_path / "home") as first, first.db.reading() as tx:
        assert users.matches(users.find(tx, "owner"), first.password)
    with running(tmp_path / "home") as second:
        assert second.password == ""


def test_memory_stays_small_and_the_pages_load_nothing_from_elsewhere(tmp_path: Path) -> None:
    with running(tmp_path / "home") as studio:
        page = httpx.get(f"{studio.url}/login")
        status = Path(f"/proc/{studio.pid}/status")
        if status.exists():
            resident = next(line for line in status.read_text().splitlines() if line.startswith("VmRSS"))
            assert int(resident.split()[1]) / 1024 < MOST_MEMORY
    assert "default-src 'self'" in page.headers["content-security-policy"]
    assert page.headers["x-frame-options"] == "DENY"
    cookie = page.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie


def test_no_heavy_library_is_imported() -> None:
    code = f"import sys, workers.studio.__main__; print([m for m in {HEAVY!r} if m in sys.modules])"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "[]"


BROKEN = """
import sys
from pathlib import Path
from nicegui import ui
from starlette.testclient import TestClient
from engage.ledger.database import Database
from engage.settings import load
from workers import process
from workers.studio.app import make_app
from workers.studio.context import StudioContext

process.begin()
settings = load({}, home=Path(sys.argv[1]))
app = make_app(StudioContext(Database(settings.ledger_url), None, settings))

@ui.page("/_nicegui/broken")
def broken():
    raise ValueError("zebra finches")

with TestClient(app, raise_server_exceptions=False) as client:
    answer = client.get("/_nicegui/broken")
print(answer.status_code, answer.text)
"""


def test_a_page_that_fails_says_so_without_the_words_of_the_error(tmp_path: Path) -> None:
    command = [sys.executable, "-c", BROKEN, str(tmp_path)]
    shown = subprocess.run(command, capture_output=True, text=True, check=True)
    assert shown.stdout.startswith("500 This page failed (ValueError)")
    assert "zebra" not in shown.stdout + shown.stderr


def test_the_cookie_key_is_made_once_and_for_its_owner_only(tmp_path: Path) -> None:
    secret = storage_secret(tmp_path)
    assert len(secret) >= 48
    assert storage_secret(tmp_path) == secret
    assert stat.S_IMODE((tmp_path / "studio.secret").stat().st_mode) == 0o600
    assert [file.name for file in tmp_path.iterdir()] == ["studio.secret"]
