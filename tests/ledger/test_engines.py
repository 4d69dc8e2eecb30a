"""What workers say of themselves."""

from datetime import timedelta

from engage.ledger import engines
from tests.ledger.house import NOON, House

AGO = NOON - timedelta(minutes=1)


def test_a_worker_that_is_still_loading_lives_and_serves_nobody_yet(house: House) -> None:
    house.do(engines.report, "host:7:0a0a0a0a", [], NOON)
    assert house.do(engines.alive, AGO) == {}
    assert [report.pid for report in house.do(engines.reports)] == [7]
    house.do(engines.report, "host:7:0a0a0a0a", ["post"], NOON)
    assert house.do(engines.alive, AGO) == {"host:7:0a0a0a0a": ["post"]}
