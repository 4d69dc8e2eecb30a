"""Another encoder, from the terminal: a provider over real HTTP."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from engage.ledger import encoders
from tests.cli.conftest import Engage
from tests.fakes.embeddings_server import EmbeddingsServer, Mode

KEY = "sk-test-key-0123456789"


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[EmbeddingsServer]:
    with EmbeddingsServer() as running:
        monkeypatch.setenv("ENGAGE_EMBEDDINGS", "other")
        monkeypatch.setenv("ENGAGE_EMBEDDINGS_BASE_URL", running.url)
        monkeypatch.setenv("ENGAGE_EMBEDDINGS_API_KEY", KEY)
        yield running


def test_an_import_whose_provider_refuses_is_kept_and_indexed_when_it_can_be(
    engage: Engage, server: EmbeddingsServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(encoders, "AGAIN", timedelta(hours=1))  # it rests after a failure, however slow the machine is
    words = tmp_path / "faq.jsonl"
    row = {"id": "1", "question": "Do you ship to Canada?", "answer": "Yes, it takes nine days."}
    words.write_text(json.dumps(row) + "\n")
    server.mode = Mode.UNAUTHORIZED
    done = engage("import", "--creator", "ann", "--create-missing", str(words))
    assert done.code == 0
    assert "found by words alone until the workers have indexed it" in done.err
    assert "ENGAGE_EMBEDDINGS_API_KEY" in done.err
    told = next(check for check in engage("doctor", "--json").rows[0] if check["name"] == "embeddings")
    assert (told["state"], KEY in told["found"]) == ("fail", False)
    server.mode = Mode.GOOD
    asked = [{"id": "1", "text": "do you ship to canada?"}]
    [found] = engage("recall", "--creator", "ann", input=asked).rows
    assert (found["supported"], found.get("note")) == (True, None)
    told = next(check for check in engage("doctor", "--json").rows[0] if check["name"] == "embeddings")
    assert told["found"].startswith("openai:other; last failure: embeddings_api_key")
    assert KEY not in engage("export", "--creator", "ann").out
