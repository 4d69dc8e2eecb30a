"""A receiver that has just started answers its first calls as soon as all others."""

import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

from engage.ledger import creators
from engage.models import Persona
from engage.settings import load
from workers.runtime import Runtime

# The real main, up to where it would serve.
STARTS = """
import gc, json, sys, uvicorn
uvicorn.run = lambda app, **options: print(json.dumps([gc.get_freeze_count(), sorted(sys.modules)]))
from workers import webhooks
webhooks.main()
"""


def test_what_used_platforms_need_is_loaded_and_kept_before_the_first_call(tmp_path: Path) -> None:
    settings = load({}, home=tmp_path / "home", redis_url="redis://127.0.0.1:1/0")
    runtime = Runtime.start(settings)
    with runtime.db.transaction() as tx:
        ann = creators.add_creator(tx, Persona("", "ann", "Ann"), datetime.now(UTC))
        creators.connect_account(tx, ann.id, "discord", "1", "@ann", {}, runtime.vault.lock({}), datetime.now(UTC))
    runtime.db.close()

    environ = {**os.environ, "ENGAGE_HOME": str(settings.home), "ENGAGE_REDIS_URL": "redis://127.0.0.1:1/0"}
    child = subprocess.run([sys.executable, "-c", STARTS], env=environ, capture_output=True, text=True, timeout=60)
    assert child.returncode == 0, child.stderr
    frozen, loaded = json.loads(child.stdout)
    assert frozen > 50_000
    assert {"connectors.discord.connector", "connectors.discord.webhooks"} <= set(loaded)
    assert "connectors.tiktok.connector" not in loaded, "an unused platform costs nothing"
