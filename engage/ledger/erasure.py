"""Forgetting a follower: every row that holds their words or stands for them."""

from collections.abc import Sequence

from sqlalchemy import Connection, delete, select, update

from engage.errors import EngageError
from engage.ledger import taught
from engage.ledger.tables import accounts, decisions, deliveries, drafts, facts, followers, messages, replies, turns


class UnknownFollower(EngageError):
    """There is no such follower."""


def forget_follower(tx: Connection, platform: str, platform_user_id: str) -> dict[str, int]:
    """Erase a follower on every account of a platform. Returns how many rows of each kind went.

    Raw deliveries lose their body and keep their key: a platform that sends them again brings nothing back.
    """
    query = (
        select(followers.c.id)
        .join(accounts, accounts.c.id == followers.c.account_id)
        .where(accounts.c.platform == platform, followers.c.platform_user_id == platform_user_id)
    )
    ids = list(tx.execute(query).scalars())
    if not ids:
        raise UnknownFollower(f"there is no follower {platform}:{platform_user_id}")
    return forget(tx, ids)


def forget(tx: Connection, ids: Sequence[str]) -> dict[str, int]:
    """Erase followers by our ids, each of which stands for somebody on one account. Returns as `forget_follower`."""
    mine = select(turns.c.id).where(turns.c.follower_id.in_(ids))
    asked = list(tx.execute(mine).scalars())
    came_in = select(messages.c.delivery_id).where(messages.c.follower_id.in_(ids))
    emptied = update(deliveries).where(deliveries.c.id.in_(came_in)).values(body=b"", reason="erased")
    taught.forget_asked(tx, asked)
    return {
        "deliveries": tx.execute(emptied).rowcount,
        "decisions": tx.execute(delete(decisions).where(decisions.c.turn_id.in_(mine))).rowcount,
        "drafts": tx.execute(delete(drafts).where(drafts.c.turn_id.in_(mine))).rowcount,
        "replies": tx.execute(delete(replies).where(replies.c.follower_id.in_(ids))).rowcount,
        "facts": tx.execute(delete(facts).where(facts.c.follower_id.in_(ids))).rowcount,
        "messages": tx.execute(delete(messages).where(messages.c.follower_id.in_(ids))).rowcount,
        "turns": tx.execute(delete(turns).where(turns.c.follower_id.in_(ids))).rowcount,
        "followers": tx.execute(delete(followers).where(followers.c.id.in_(ids))).rowcount,
    }
