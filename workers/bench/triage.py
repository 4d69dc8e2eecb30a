"""What triage of one message costs: CPU time with the sentence encoder, without it, and by rules alone; and memory."""

import statistics
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

import psutil

from engage.memory.floats import Floats
from engage.memory.multilingual import MultilingualEncoder
from engage.models import Author, Follower, Message, Persona, Surface, Turn
from engage.remembered import forget_all
from engage.triage import Policy, network, triage
from engage.triage.linear import Meaning
from engage.triage.scores import by_rules
from engage.voice.ordinary import ordinary

MOST = 2000  # messages
_NOBODY = Persona(id="", name="", display_name="")


def measure(texts: Sequence[str]) -> dict[str, Any]:
    """Median CPU ms a message, each text once a way; memory that triage adds in MB. texts: empty for ordinary prose."""
    process = psutil.Process()
    chosen = list(dict.fromkeys(text for text in texts or ordinary() if text.strip()))[:MOST]
    before = process.memory_info().rss
    _decide(chosen[0], None)
    by_words = process.memory_info().rss
    encoder = MultilingualEncoder()

    def meaning(text: str) -> Floats:
        return network.load().log_odds(encoder.encode_query(text))

    _decide(chosen[0], meaning)
    after = process.memory_info().rss
    return {
        "messages": len(chosen),
        "with_encoder_ms": _median(chosen, lambda text: _decide(text, meaning)),
        "without_encoder_ms": _median(chosen, lambda text: _decide(text, None)),
        "rules_ms": _median(chosen, lambda text: by_rules(text, _NOBODY)),
        "rules_and_words_mb": round((by_words - before) / 1e6, 1),
        "encoder_mb": round((after - by_words) / 1e6, 1),
    }


def _median(texts: Sequence[str], look: Callable[[str], object]) -> float:
    """Milliseconds of CPU."""
    spent: list[float] = []
    for text in texts:
        forget_all()  # nothing is remembered of it
        start = time.process_time()
        look(text)
        spent.append(time.process_time() - start)
    return round(statistics.median(spent) * 1000, 2)


def _decide(text: str, meaning: Meaning | None) -> object:
    now = datetime.now(UTC)
    said = Message("m", "v", Surface.COMMENT, Author("f", "f"), text, now)
    return triage(Turn("t", "", Surface.COMMENT, (said,), Follower("f")), _NOBODY, Policy(), now, meaning)
