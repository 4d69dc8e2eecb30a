"""What the avatar wrote, week by week: what a drift of its style is seen in."""

from datetime import date

from sqlalchemy import update

from engage.ledger import weeks
from engage.ledger.tables import decisions, replies
from tests.ledger.house import House


def post(house: House, text: str) -> None:
    reply = house.answered(text, who=f"fan-{text}", where=f"thread-{text}")
    card = {"draft": text}
    house.do(lambda tx: tx.execute(update(decisions).where(decisions.c.turn_id == reply.turn_id).values(card=card)))
    house.post(house.claim_reply())


def test_replies_are_told_by_the_week_they_were_written_in(house: House) -> None:
    post(house, "early")
    house.later(weeks=1)
    post(house, "late")
    (this, now), (before, then), *older = house.do(weeks.drafted, house.creator.id, house.now)
    assert [one.text for one in (*now, *then)] == ["late", "early"]
    assert (this - before).days == 7
    assert this == date.fromordinal(this.toordinal() - this.weekday()), "a Monday"
    assert not any(texts for _, texts in older)


def test_what_the_creator_wrote_what_was_not_posted_and_what_others_wrote_is_no_reply_of_the_avatar(
    house: House,
) -> None:
    other, _ = house.add_creator("ann", "ann-1")
    post(house, "by hand")
    house.do(lambda tx: tx.execute(update(replies).values(disclosure="person")))
    house.answered("waits", who="fan2", where="thread-2")
    for creator in (house.creator.id, other.id):
        assert not any(texts for _, texts in house.do(weeks.drafted, creator, house.now))
