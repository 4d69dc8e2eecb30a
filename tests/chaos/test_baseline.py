"""The baseline beside ours: what it counts, and that it runs."""

import pytest

from workers.chaos import baseline


def message(replies: int) -> dict[str, object]:
    return {"replies": [{"text": "thanks"}] * replies}


def test_messages_without_a_reply_are_lost_and_replies_beyond_the_first_are_duplicates() -> None:
    found = baseline.count([message(1), message(0), message(3), message(2)])
    assert found == {"events": 4, "lost": 1, "duplicates": 3}


@pytest.mark.timeout(200)
@pytest.mark.xdist_group("stack")
def test_without_violence_stock_celery_answers_each_message_once() -> None:
    found = baseline.run(events=60, kills=0, flushes=0, seed=1, say=str)
    assert (found["events"], found["lost"], found["duplicates"]) == (60, 0, 0)


@pytest.mark.timeout(200)
@pytest.mark.xdist_group("stack")
def test_an_emptied_redis_costs_stock_celery_what_was_still_queued() -> None:
    said: list[str] = []
    found = baseline.run(events=200, kills=1, flushes=1, seed=1, say=said.append)
    assert "baseline: Redis emptied" in said
    assert found["lost"] > 0
