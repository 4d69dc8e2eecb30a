"""What Twitch lets an account send. Pure; README.md says which numbers are confirmed."""

from datetime import timedelta

from engage.limits import Limit, Quota
from engage.models import Surface

LIVE = frozenset({Surface.LIVE})
DM = frozenset({Surface.DM})
LENGTH = {Surface.LIVE: 500, Surface.DM: 10_000}
_CHAT_WINDOW = timedelta(seconds=30)
_MINUTE = timedelta(minutes=1)


def limits(client_id: str, account_id: str, bot_id: str, *, moderates: bool, as_app: bool) -> tuple[Limit, ...]:
    """Of one account.

    moderates: whether the sender is the broadcaster or a moderator. A bot account has its limit for all channels.
    """
    whispers = (Limit(3, timedelta(seconds=1), burst=3, surfaces=DM), Limit(100, _MINUTE, burst=10, surfaces=DM))
    points = f"twitch app {client_id}" if as_app else ""
    return (*_chat(account_id, bot_id, moderates=moderates), Limit(800, _MINUTE, 40, shared_by=points), *whispers)


def _chat(account_id: str, bot_id: str, *, moderates: bool) -> tuple[Limit, ...]:
    together = "" if bot_id == account_id else f"twitch sender {bot_id}"
    if moderates:
        return (Limit(100, _CHAT_WINDOW, burst=2, surfaces=LIVE, shared_by=together),)
    slow = Limit(1, timedelta(seconds=1.2), surfaces=LIVE)  # in each channel, and an account is one
    return (Limit(20, _CHAT_WINDOW, surfaces=LIVE, shared_by=together), slow)


def quotas() -> tuple[Quota, ...]:
    """40 people a day may be whispered to. People are not counted here but whispers, which is never too many."""
    return (Quota(40, surfaces=DM),)
