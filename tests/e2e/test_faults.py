"""Real words through the whole stack while the network duplicates, shuffles, limits, fails and cuts."""

import pytest

from tests.e2e import real_input

pytestmark = [
    pytest.mark.timeout(400),
    pytest.mark.xdist_group("stack"),
    pytest.mark.skipif(not real_input.CHAT.exists(), reason="the data sets are not on this machine (ENGAGE_TEST_DATA)"),
]


# A reply that fails four times in a row waits a quarter of an hour: at half the rates that is one run in hundreds.
MILDER = {name: value / 2 if name.startswith("reply_") else value for name, value in real_input.FAULTS.items()}


@pytest.mark.parametrize("settle", ["key", "readback"])
def test_no_message_is_lost_and_none_is_answered_twice(settle: str) -> None:
    # The past answers alone: what is tried here is the way of a message, not the search.
    summary, _ = real_input.run(live=40, comments=30, dms=30, settle=settle, words=("pairs.jsonl",), faults=MILDER)
    assert summary["settled"]
    assert summary["messages"] == 100
    assert (summary["lost"], summary["duplicates"]) == (0, 0)
    assert summary["answered"] > 0
    assert summary["violations"] == {}
