"""Groups never wait for a row that is written elsewhere: they hand it back."""

from collections.abc import Callable

import pytest
from sqlalchemy import select

from engage.ledger import outbox
from engage.ledger.database import Database
from engage.ledger.tables import replies, turns
from engage.models import Receipt
from tests.ledger.house import House

pytestmark = pytest.mark.parametrize("backend", [pytest.param("postgres", marks=pytest.mark.postgres)], indirect=True)


def test_a_turn_that_a_delivery_is_written_into_is_handed_back(house: House, open_db: Callable[[], Database]) -> None:
    house.tell(who="ann", where="t1")
    house.tell(who="bob", where="t2")
    house.later(seconds=2)
    first, second = house.claim()
    with open_db().transaction() as elsewhere:
        elsewhere.execute(select(turns).where(turns.c.id == first.id).with_for_update())
        assert house.conclude_all([first, second]) == ["busy", "done"]
    assert house.conclude(first) == "done"


def test_a_receipt_of_a_reply_that_is_written_elsewhere_is_handed_back(
    house: House, open_db: Callable[[], Database]
) -> None:
    house.answered()
    sending = house.claim_reply()
    receipt = Receipt("r1", house.now)
    with open_db().transaction() as elsewhere:
        elsewhere.execute(select(replies).with_for_update())
        assert house.do(outbox.mark_all_sent, [(sending, receipt)]) == [None]
    assert house.do(outbox.mark_all_sent, [(sending, receipt)]) == [True]
