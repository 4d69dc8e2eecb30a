"""`engage demo` as a newcomer starts it, held against the script of its followers."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [pytest.mark.timeout(300), pytest.mark.xdist_group("stack")]


def test_the_demo_answers_its_followers_as_the_script_says_and_ends(tmp_path: Path) -> None:
    env = {**os.environ, "DEMO_EXIT": "1", "ENGAGE_HOME": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-m", "workers.cli", "demo"], capture_output=True, text=True, env=env, timeout=280
    )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
    summary = json.loads(done.stdout.splitlines()[-1])
    assert summary["messages"] >= 60
    assert (summary["lost"], summary["duplicates"]) == (0, 0)
    assert summary["answered"] + summary["skipped"] + summary["escalated"] == summary["messages"]
    assert "not as scripted" not in done.stdout, done.stdout[-4000:]
    assert "refused by the network: nothing" in done.stdout
