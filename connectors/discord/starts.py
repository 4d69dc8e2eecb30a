"""How many sessions a bot may begin, and when. Pure.

Who begins more than 1000 a day (of `total`) has the bot's token reset by Discord. So a day's starts are spread: some at
once, the others evenly over what is left of the day; whatever loops, it does not use them up.
https://docs.discord.com/developers/events/gateway#session-start-limit-object
"""

from datetime import timedelta

DAY = timedelta(days=1)
KEPT = 20  # never used: a person may need them, and other programs with the same token
AT_ONCE = 100


def wait(total: float, left: float, resets_in: timedelta) -> timedelta:
    """For how long no session may be begun; no time where one may. resets_in: until the day of Discord's count ends."""
    if left <= KEPT:
        return max(resets_in, timedelta(minutes=1))
    passed = DAY - min(resets_in, DAY)
    spread = max(1.0, total - AT_ONCE - KEPT)
    return max(timedelta(), DAY * ((total - left - AT_ONCE) / spread) - passed)
