"""What `engage doctor --account` finds out about a channel. It reads, and writes nothing."""

from collections.abc import Sequence

from connectors.youtube.calls import Calls
from connectors.youtube.connect import handle_of, own_channel
from connectors.youtube.limits import CHAT_REPLY, COMMENT_REPLY, Plan
from connectors.youtube.refusals import NO_STREAMING, Said
from engage.errors import Refused, Unauthorized
from engage.limits import POLL, REPLY
from engage.platform import Finding

AGAIN = "Connect the account again."


async def findings(calls: Calls, channel: str, plan: Plan, callback_url: str) -> Sequence[Finding]:
    """Access first: where that is gone nothing else can be asked. Raises Retryable."""
    access = await _access(calls, channel)
    if access.state == "fail":
        return [access]
    return [access, await _comments(calls, channel), await _live(calls), _units(plan), _videos(callback_url)]


async def _access(calls: Calls, channel: str) -> Finding:
    try:
        found = await own_channel(calls)
    except (Unauthorized, Refused) as error:
        return Finding("access", "fail", str(error), AGAIN)
    if found["id"] != channel:
        return Finding("access", "fail", f"the token is for {found['id']}, not for {channel}", AGAIN)
    return Finding("access", "ok", f"channel {handle_of(found)} ({channel})")


async def _comments(calls: Calls, channel: str) -> Finding:
    """Asked for comments that are held, which only the scope that may moderate shows."""
    asked = {"allThreadsRelatedToChannelId": channel, "moderationStatus": "heldForReview"}
    try:
        await calls.read("commentThreads", part="id", maxResults="1", **asked)
    except (Unauthorized, Said) as error:
        return Finding("comments", "fail", str(error), AGAIN)
    return Finding("comments", "ok", "can be read and moderated")


async def _live(calls: Calls) -> Finding:
    try:
        await calls.read("liveBroadcasts", part="id", broadcastStatus="active", broadcastType="all", maxResults="1")
    except (Unauthorized, Said) as error:
        if isinstance(error, Said) and NO_STREAMING in error.reasons:
            fix = "Enable it at https://www.youtube.com/features, if the channel shall stream."
            return Finding("live chat", "warn", "live streaming is not enabled for the channel", fix)
        return Finding("live chat", "fail", str(error), AGAIN)
    return Finding("live chat", "ok", "broadcasts can be found")


def _units(plan: Plan) -> Finding:
    share = plan.share(REPLY)
    told = f"{plan.units} units a day for {plan.channels} channel(s): {share} for replies, "
    told += f"which are {share // COMMENT_REPLY} comments or {share // CHAT_REPLY} chat messages; "
    return Finding("quota", "ok", told + f"{plan.share(POLL)} for polls, one every {plan.pause_after(1)} or more")


def _videos(callback_url: str) -> Finding:
    if callback_url:
        return Finding("new videos", "ok", f"the hub is asked to call {callback_url}")
    fix = "Set `public_url`, if you want to see new videos in the log. Comments and live chat do without."
    return Finding("new videos", "warn", "nothing is reachable from outside, so the hub is not asked", fix)
