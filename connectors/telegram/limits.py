"""How much and how often a bot may write. Pure.

The numbers: https://core.telegram.org/bots/faq#my-bot-is-hitting-limits-how-do-i-avoid-this. Telegram counts by
chat. All comments of a channel are in one group, so what holds for a group is counted over the account's comments;
a bot in several groups stays further below the limit than it must.
"""

from datetime import timedelta

from engage.limits import Each, Limit
from engage.models import Surface

_SECOND, _MINUTE = timedelta(seconds=1), timedelta(minutes=1)
_COMMENTS, _DMS = frozenset({Surface.COMMENT}), frozenset({Surface.DM})

MAX_LENGTH = 4096  # https://core.telegram.org/bots/api#sendmessage; counted as Telegram counts its entities, in UTF-16
WINDOW = timedelta(hours=24)  # of a creator's own chats: https://core.telegram.org/bots/api#businessbotrights

LIMITS = (
    Limit(30, _SECOND),
    Limit(1, _SECOND, each=Each.CONVERSATION, surfaces=_DMS),
    Limit(1, _SECOND, surfaces=_COMMENTS),
    Limit(20, _MINUTE, surfaces=_COMMENTS),
)
