"""The reference keeps its promise: otherwise its figure would be worth nothing."""

from sqlalchemy import select

from engage.ledger.tables import deliveries
from workers.bench.load import drive
from workers.bench.stage import receiver, serving


def test_what_the_bare_durable_server_accepted_is_in_the_ledger_as_a_row_of_ours() -> None:
    with receiver() as hook, serving(hook.settings, "workers.bench.durable") as server:
        url = hook.url.replace(hook.url.split("/hooks/")[0], server)
        load = drive(url, map(hook.delivery, [1, 2, 2]), 1, lambda: False)
        ours = drive(hook.url, map(hook.delivery, [3]), 1, lambda: False)
        with hook.db.reading() as tx:
            rows = tx.execute(select(deliveries).order_by(deliveries.c.id)).all()
    assert load.errors == ours.errors == 0
    assert [row.dedupe_key for row in rows] == ["evt_1", "evt_2", "evt_3"]
    theirs, own = rows[0]._mapping, rows[2]._mapping
    for column in ("account_id", "source", "state", "reason", "attempts", "processed_at"):
        assert theirs[column] == own[column]
    assert abs((theirs["received_at"] - own["received_at"]).total_seconds()) < 60
