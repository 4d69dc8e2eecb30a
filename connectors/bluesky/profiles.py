"""The account's profile, where it labels itself as automated."""

from typing import Any

from connectors.bluesky.parse import BOT
from connectors.bluesky.posts import GET
from connectors.bluesky.records import PROFILE
from connectors.bluesky.xrpc import Calls, Missing
from engage.platform import AccountLink


async def labelled(calls: Calls) -> bool:
    """Whether the profile carries the label now. Raises what a read raises."""
    try:
        found = await calls.get(GET, {"repo": calls.did, "collection": PROFILE, "rkey": "self"})
    except Missing:
        return False  # an account without a profile
    return is_bot(found.get("value"))


async def label_of(account: AccountLink) -> bool:
    """The same, of an account that nobody has calls for yet."""
    calls = Calls(account)
    try:
        return await labelled(calls)
    finally:
        await calls.close()


def is_bot(profile: Any) -> bool:
    """Whether the record of a profile has the account's own label for bots."""
    match profile:
        case {"labels": {"values": list(values)}}:
            return any(isinstance(one, dict) and one.get("val") == BOT for one in values)
    return False
