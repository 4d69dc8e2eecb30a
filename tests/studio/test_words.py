"""What people read instead of the ledger's words."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from engage.ledger.sendings import NEVER
from engage.ledger.states import ACCOUNT, REPLY
from engage.ledger.views import OUTCOMES, Exchange
from engage.models import Disclosure, Mode, Surface
from workers.studio import inbox, rows, words
from workers.studio.actions import Act

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def exchange(**values: Any) -> Exchange:
    made: dict[str, Any] = dict.fromkeys(Exchange.__dataclass_fields__, "")
    made |= {"surface": "comment", "opened_at": NOW, "open": False, "reasons": (), "attempts": 0, "reply_id": "r1"}
    made |= {"current_mode": "auto", "state": "answered", "reply_state": "due"}
    made |= {"due_at": NOW, "release_at": None, "sent_at": None, **values}
    return Exchange(**made)


def test_nothing_is_without_words() -> None:
    assert set(words.OUTCOMES) == set(OUTCOMES) == set(rows.TONES)
    assert set(words.STATES) == set(REPLY)
    assert set(words.ACCOUNTS) == set(ACCOUNT)
    assert set(words.MODES) == set(words.MODES_MEAN) == set(Mode)
    assert set(words.SURFACES) == set(Surface)
    assert set(words.DISCLOSURES) == set(Disclosure)
    assert set(words.ACTS) == set(Act)
    assert set(words.KINDS) == set(inbox.TONES)


def test_reasons_are_sentences_and_an_unknown_one_is_shown_as_it_is() -> None:
    assert words.reasons(("spam", "new_rule", "spam")) == "It looks like spam. New rule."
    assert words.reason("Refused: the comment is gone") == "Refused: the comment is gone."
    assert all(text.endswith(".") for text in words.REASONS.values())


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"reply_state": "held", "release_at": NOW + timedelta(seconds=42)}, "Goes out by itself in 42 s"),
        ({"reply_state": "held", "release_at": NOW - timedelta(seconds=2)}, "Goes out by itself in 0 s"),
        ({"reply_state": "held"}, "Waits for you"),
        ({"reply_state": "due"}, "About to be sent"),
        ({"attempts": 2, "due_at": NOW + timedelta(minutes=2)}, "Tried 2 times, again in 2 min"),
        ({"reply_state": "uncertain"}, "Uncertain: being checked"),
        ({"reply_state": "uncertain", "due_at": NEVER}, "Uncertain"),
        ({"reply_state": None, "draft": "x"}, "Not posted"),
    ],
)
def test_the_state_of_a_reply(values: dict[str, Any], said: str) -> None:
    assert words.state(exchange(**values), NOW) == said


def test_why_names_the_platforms_reason_where_it_was_not_sent() -> None:
    refused = exchange(reasons=("question",), reply_state="refused", reply_reason="the comment is gone")
    assert words.why(refused) == "They ask something. The comment is gone."
    assert words.why(exchange(reasons=("question",), reply_state="sent", reply_reason="echo")) == "They ask something."


@pytest.mark.parametrize(
    ("length", "said"), [(0, "0 s"), (59, "59 s"), (60, "1 min"), (7200, "2 h"), (200_000, "2 d"), (-5, "0 s")]
)
def test_a_span_is_short(length: int, said: str) -> None:
    assert words.span(timedelta(seconds=length)) == said
