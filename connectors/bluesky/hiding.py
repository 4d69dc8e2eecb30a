"""Hiding a reply in a thread of the account's own: its URI is noted in the thread's gate."""

from datetime import UTC, datetime
from typing import Any

from connectors.bluesky import posts, records
from connectors.bluesky.xrpc import Calls, Missing
from connectors.fields import get
from engage.errors import Ambiguous, Malformed, Refused, Unavailable

MOST = 300  # that one gate hides (lexicon app.bsky.feed.threadgate, hiddenReplies)
TRIES = 3


async def hide(calls: Calls, uri: str, *, hidden: bool) -> None:
    """Hide a reply, or show it again; what holds already is written no second time.

    The gate is replaced only as it was read. Where another hand changed it meanwhile, or the answer was lost, it is
    read anew. Raises Refused, Unauthorized or Retryable.
    """
    root = await _root(calls, uri)
    place = {"repo": calls.did, "collection": records.THREADGATE, "rkey": records.parts(root)[2]}
    for _ in range(TRIES):
        gate, cid = await _gate(calls, root, place)
        changed = _changed(gate, uri, hidden=hidden)
        if changed is None:
            return
        try:
            await calls.write(posts.PUT, {**place, "record": changed, "swapRecord": cid})
        except Ambiguous:
            continue
        return
    raise Unavailable("the thread's gate was changed meanwhile, or the server answers too late: try it again")


async def _root(calls: Calls, uri: str) -> str:
    view = (await posts.views(calls, [uri])).get(uri)
    if view is None:
        raise Refused("the post is gone")
    root = get(view, "record", "reply", "root", "uri")
    if not isinstance(root, str) or not _is_own_post(root, calls.did):
        raise Refused("only replies in a thread that the account began can be hidden")
    return root


def _is_own_post(uri: str, did: str) -> bool:
    """The record is a stranger's: its root may be any text."""
    try:
        return records.parts(uri)[:2] == (did, records.POST)
    except Malformed:
        return False


async def _gate(calls: Calls, root: str, place: dict[str, str]) -> tuple[dict[str, Any], Any]:
    """The gate of a thread and its CID; a new one, that lets everybody answer, where there is none."""
    try:
        found = await calls.get(posts.GET, place)
    except Missing:
        return {"$type": records.THREADGATE, "post": root, "createdAt": records.iso(datetime.now(UTC))}, None
    if not isinstance(gate := found.get("value"), dict):
        raise Unavailable("the thread's gate is unreadable")
    return gate, found.get("cid")


def _changed(gate: dict[str, Any], uri: str, *, hidden: bool) -> dict[str, Any] | None:
    listed = list(gate.get("hiddenReplies") or [])
    if hidden == (uri in listed):
        return None
    if hidden and len(listed) >= MOST:
        raise Refused(f"the thread hides {MOST} replies already")
    return {**gate, "hiddenReplies": [*listed, uri] if hidden else [one for one in listed if one != uri]}
