"""Hiding a reply in a thread of the account's own: its URI is noted in the thread's gate."""

from datetime import UTC, datetime
from typing import Any

from connectors.bluesky import posts, records
from connectors.bluesky.xrpc import Calls, Missing
from connectors.fields import get
from engage.errors import Ambiguous, Refused, Unavailable

MOST = 300  # that one gate hides


async def hide(calls: Calls, uri: str, *, hidden: bool) -> None:
    """Hide a reply, or show it again; what holds already is written no second time."""
    root = await _root(calls, uri)
    place = {"repo": calls.did, "collection": records.THREADGATE, "rkey": records.parts(root)[2]}
    try:
        found = await calls.get(posts.GET, place)
        gate, cid = found.get("value"), found.get("cid")
    except Missing:
        gate, cid = {"$type": records.THREADGATE, "post": root, "createdAt": records.iso(datetime.now(UTC))}, None
    if not isinstance(gate, dict):
        raise Unavailable("the thread's gate is unreadable")
    changed = _changed(gate, uri, hidden=hidden)
    if changed is None:
        return
    try:
        await calls.write(posts.PUT, {**place, "record": changed, "swapRecord": cid})
    except Ambiguous:  # another hand changed it meanwhile, or the answer was lost: asked again it is read anew
        raise Unavailable("the thread's gate was changed meanwhile") from None


async def _root(calls: Calls, uri: str) -> str:
    view = (await posts.views(calls, [uri])).get(uri)
    if view is None:
        raise Refused("the post is gone")
    root = get(view, "record", "reply", "root", "uri")
    if not isinstance(root, str) or records.owner(root) != calls.did:
        raise Refused("only replies in a thread that the account began can be hidden")
    return root


def _changed(gate: dict[str, Any], uri: str, *, hidden: bool) -> dict[str, Any] | None:
    listed = list(gate.get("hiddenReplies") or [])
    if hidden == (uri in listed):
        return None
    if hidden and len(listed) >= MOST:
        raise Refused(f"the thread hides {MOST} replies already")
    return {**gate, "hiddenReplies": [*listed, uri] if hidden else [one for one in listed if one != uri]}
