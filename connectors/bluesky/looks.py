"""One look at what is new: notifications, the account's own posts, the chat log. A page of each, and where to go on."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from connectors.bluesky import cursors, dms, posts, records
from connectors.bluesky.cursors import Cursor, Sweep
from connectors.bluesky.parse import CONVO, DELETED_MESSAGE, NEW_MESSAGE, ROOT, is_direct_known, root_of
from connectors.bluesky.xrpc import CHAT, Calls, NotOpened
from connectors.fields import get, time
from engage.errors import Malformed, Refused, Unavailable
from engage.platform import Page, RawEvent

REASONS = ("mention", "reply", "quote")
PAGE = 100
AT_ONCE = 25  # posts that one call of getPosts shows


async def look(calls: Calls, text: str, wait: timedelta, direct: bool) -> Page:
    """What is new after the cursor `text`. direct: whether the account's direct messages are read."""
    cursor, now = cursors.load(text), datetime.now(UTC)
    heard, notified = await _notified(calls, cursor.heard, now)
    own, written = await _written(calls, cursor.own, now)
    chat, talked = await _talked(calls, cursor.chat) if direct else (cursor.chat, [])
    if heard.older or own.older or (talked and cursor.chat):
        wait = timedelta()  # there is more
    if calls.quiet_until:
        wait = max(wait, calls.quiet_until - now)
    return Page([*notified, *written, *talked], cursors.dump(Cursor(heard, own, chat)), wait)


async def _notified(calls: Calls, sweep: Sweep, now: datetime) -> tuple[Sweep, list[RawEvent]]:
    # `priority` is asked for as false: left out, the account's own setting may hold back who is not followed.
    params = {"limit": PAGE, "reasons": REASONS, "priority": "false"}
    page = await calls.get("app.bsky.notification.listNotifications", {**params, **_from(sweep.older)})
    rows = _rows(page, "notifications")
    times = [(_key(row), _seconds(row, "indexedAt")) for row in rows]
    new, sweep = cursors.take(sweep, times, _behind(page, sweep), now.timestamp())
    fresh = [row for row in rows if _key(row) in new]
    return sweep, [RawEvent(_key(row), _bytes(row)) for row in await _with_posts(calls, fresh)]


async def _with_posts(calls: Calls, rows: Sequence[Any]) -> list[Any]:
    """Each notification with the text of the post that its thread hangs from, where there is one."""
    roots = sorted({root for row in rows if (root := root_of(row))})
    shown: dict[str, Any] = {}
    for start in range(0, len(roots), AT_ONCE):
        shown |= await posts.views(calls, roots[start : start + AT_ONCE])
    return [{**row, ROOT: get(view, "record", "text")} if (view := shown.get(root_of(row))) else row for row in rows]


async def _written(calls: Calls, sweep: Sweep, now: datetime) -> tuple[Sweep, list[RawEvent]]:
    """The account's own replies: where a person wrote one, the thread is theirs."""
    if not sweep.mark:
        return Sweep(now.timestamp()), []
    start = sweep.older or records.tid(datetime.fromtimestamp(sweep.floor, UTC))
    params = {"repo": calls.did, "collection": records.POST, "limit": PAGE, "reverse": "true", "cursor": start}
    page = await calls.get("com.atproto.repo.listRecords", params)
    rows = _rows(page, "records")
    times = [(str(get(row, "uri")), records.tid_time(str(get(row, "uri")).rpartition("/")[2])) for row in rows]
    older = _more(page) if len(rows) == PAGE else ""
    new, sweep = cursors.take(sweep, times, older, now.timestamp())
    return sweep, [RawEvent(str(row["uri"]), _bytes(row)) for row in rows if get(row, "uri") in new]


async def _talked(calls: Calls, rev: str) -> tuple[str, list[RawEvent]]:
    """The chat log after `rev`. Without one it begins now, so what waits unread is asked for beside it.

    It begins anew where the service takes `rev` no more.
    """
    try:
        page = await calls.get("chat.bsky.convo.getLog", _from(rev), CHAT)
        entries = _rows(page, "logs") if rev else await dms.waiting(calls)
        told = [entry for entry in entries if _kind(entry) in (NEW_MESSAGE, DELETED_MESSAGE)]
        told = await _with_conversations(calls, told)
    except NotOpened:
        return rev, []  # `engage doctor` says so
    except Refused:
        return "", []
    return _more(page) or rev, [RawEvent(_name(entry), _bytes(entry)) for entry in told]


async def _with_conversations(calls: Calls, entries: Sequence[Any]) -> list[Any]:
    """Each entry with its conversation, where it does not tell whether more than two talk there."""
    asked: dict[str, Any] = {}
    for entry in entries:
        convo_id = get(entry, "convoId")
        if isinstance(convo_id, str) and convo_id not in asked and not is_direct_known(entry, calls.did):
            try:
                asked[convo_id] = await dms.conversation(calls, convo_id)
            except Refused:
                asked[convo_id] = None  # it is gone, and `parse` says so; the others are heard
    return [{**entry, CONVO: asked[entry["convoId"]]} if entry.get("convoId") in asked else entry for entry in entries]


def _from(cursor: str) -> dict[str, str]:
    return {"cursor": cursor} if cursor else {}


def _more(page: Mapping[str, Any]) -> str:
    return str(page.get("cursor") or "")


def _behind(page: Mapping[str, Any], sweep: Sweep) -> str:
    """The next page. Where its cursor is a time, as Bluesky's is, and before the floor, nothing is left to read: a page
    may be empty of the reasons that are asked for, and then only this tells how far it reached.

    The server shows what is before that time, so others of the same millisecond would fall out: it is asked from one
    later, and shows some again. Where that is no step forward, a page is full of one millisecond: then from it.
    """
    cursor = _more(page)
    try:
        at = datetime.fromisoformat(cursor)
        if at.timestamp() < sweep.floor:
            return ""
        again = records.iso(at + timedelta(milliseconds=1))
    except (ValueError, OverflowError):
        return cursor
    return cursor if again == sweep.older else again


def _rows(page: Mapping[str, Any], name: str) -> list[Any]:
    rows = page.get(name)
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise Unavailable(f"the server did not answer with {name}")
    return rows


def _seconds(row: Any, name: str) -> float:
    try:
        return time(row, name).timestamp()
    except Malformed:
        return datetime.now(UTC).timestamp()  # it is new once; `parse` says what is wrong with it


def _key(row: Any) -> str:
    return f"{get(row, 'uri')} {get(row, 'cid')}"


def _kind(entry: Any) -> str:
    return str(get(entry, "$type")).rpartition("#")[2]


def _name(entry: Any) -> str:
    return f"{_kind(entry)} {get(entry, 'convoId')} {get(entry, 'message', 'id')}"


def _bytes(row: Any) -> bytes:
    return json.dumps(row).encode()
