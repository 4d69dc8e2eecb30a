"""The command line, run in this process with its own standard streams."""

import io
import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from workers.cli.main import run


@dataclass(frozen=True, slots=True)
class Done:
    """What a command left behind."""

    code: int
    out: str
    err: str

    @property
    def rows(self) -> list[Any]:
        """The JSON lines on standard output."""
        return [json.loads(line) for line in self.out.splitlines()]


Engage = Callable[..., Done]


@pytest.fixture
def shared_chroma(chroma_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Commands find a Chroma server running; without this each starts and stops one of its own."""
    monkeypatch.setenv("ENGAGE_CHROMA_URL", chroma_url)


@pytest.fixture
def engage(capfdbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Engage:
    """`engage("triage", input=[{…}])` in a home directory of the test's own."""
    monkeypatch.setenv("ENGAGE_HOME", str(tmp_path / "home"))

    def call(*arguments: str, input: str | list[Any] = "") -> Done:  # noqa: A002 - as in subprocess.run
        text = input if isinstance(input, str) else "".join(json.dumps(row) + "\n" for row in input)
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
        code = run(list(arguments))
        sys.stdout.flush()
        out, err = capfdbinary.readouterr()
        return Done(code, out.decode(), err.decode())

    return call
