"""Replies in public: written under a key of our own, so that a second attempt changes nothing."""

from datetime import UTC, datetime
from typing import Any

from connectors.bluesky import records
from connectors.bluesky.limits import CREATE, POST_BYTES
from connectors.bluesky.xrpc import Calls, Missing, used_up
from connectors.fields import get
from engage.errors import Ambiguous, Malformed, Refused, Retryable, Unavailable
from engage.models import Outgoing, Receipt
from engage.platform import Found, ReadBack

PUT, GET, DELETE = "com.atproto.repo.putRecord", "com.atproto.repo.getRecord", "com.atproto.repo.deleteRecord"


async def send(calls: Calls, reply: Outgoing) -> Receipt:
    """Write the reply. Its parent is looked at first: a deleted one, or a closed thread, is Refused."""
    records.weigh(reply.text, POST_BYTES)
    parent = await _parent(calls, reply)
    place = {"repo": calls.did, "collection": records.POST, "rkey": records.key_of(reply)}
    # `swapRecord: null`: only where nothing stands there yet, or the very same.
    answer = await calls.write(PUT, {**place, "record": records.post(reply, parent), "swapRecord": None})
    try:
        uri = answer.json()["uri"]
        records.parts(uri)
    except (ValueError, KeyError, TypeError, AttributeError, Malformed):
        raise Ambiguous("the server took the reply, but its receipt is unreadable") from None
    return Receipt(uri, reply.first_sent_at or datetime.now(UTC), used_up(answer, CREATE))


async def find(calls: Calls, reply: Outgoing) -> ReadBack:
    """Ask for the record under the reply's own key, in the account's own repository.

    What answers another post is another reply, of the same millisecond and by chance of the same key: then nobody
    knows, and a person looks.
    """
    place = {"repo": calls.did, "collection": records.POST, "rkey": records.key_of(reply)}
    try:
        found = await calls.get(GET, place)
        uri = found["uri"]
        records.parts(uri)
    except Missing:
        return ReadBack(Found.ABSENT)
    except (Retryable, Refused, Malformed, KeyError, AttributeError):
        return ReadBack(Found.UNREADABLE)
    if get(found, "value", "reply", "parent", "uri") != reply.in_reply_to:
        return ReadBack(Found.UNREADABLE)
    return ReadBack(Found.FOUND, Receipt(uri, reply.first_sent_at or datetime.now(UTC)))


async def delete(calls: Calls, uri: str) -> None:
    """Take a post of the account back; the second time is no error."""
    try:
        repo, collection, rkey = records.parts(uri)
    except Malformed:
        raise Refused("a direct message cannot be taken back: Bluesky hides it only from its writer") from None
    await calls.repeat(DELETE, {"repo": repo, "collection": collection, "rkey": rkey})


async def views(calls: Calls, uris: list[str]) -> dict[str, Any]:
    """The posts at `uris`, at most 25: those that are there and may be seen."""
    found = await calls.get("app.bsky.feed.getPosts", {"uris": uris})
    try:
        return {view["uri"]: view for view in found["posts"]}
    except (KeyError, TypeError):
        raise Unavailable("getPosts did not answer with posts") from None


async def _parent(calls: Calls, reply: Outgoing) -> dict[str, Any]:
    view = (await views(calls, [reply.in_reply_to])).get(reply.in_reply_to)
    if view is None:
        raise Refused("the post that is answered is gone, or its author blocks the account")
    if not isinstance(view.get("cid"), str):
        raise Unavailable("getPosts did not tell the cid of a post")
    match view:
        case {"viewer": {"replyDisabled": True}}:
            raise Refused("its thread does not take the account's replies")
        case {"author": {"viewer": {"blockedBy": True}}}:
            raise Refused("its author blocks the account")
    found: dict[str, Any] = view
    return found
