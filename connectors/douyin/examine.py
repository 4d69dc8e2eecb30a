"""What `engage doctor --account` says of a Douyin account."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import httpx

from connectors.douyin import calls, live, permissions, rooms
from connectors.douyin.connect import PROFILE
from connectors.douyin.pages import Pages
from connectors.douyin.tokens import Kept
from connectors.fields import get, text_or_none
from engage.errors import EngageError, Malformed, Refused
from engage.platform import AccountLink, Finding

SCAN = "Connect the account again: the creator scans a code with the app."
SOON_DAYS = 7


async def findings(http: httpx.AsyncClient, account: AccountLink, callback_url: str) -> Sequence[Finding]:
    """Raises what a read raises."""
    profile, access = await _access(http, account)
    return [
        access,
        renewals(Kept.of(account.credentials), datetime.now(UTC)),
        await _comments(http, account),
        _messages(account, get(profile, "e_account_role")),
        await _live(account),
        _webhooks(callback_url),
    ]


async def _access(http: httpx.AsyncClient, account: AccountLink) -> tuple[Any, Finding]:
    """With the open id, which `live_rooms` of the application needs."""
    form = {"open_id": account.platform_user_id, "access_token": account.credentials.get("access_token", "")}
    try:
        profile = await calls.ask(http, PROFILE, form)
    except Refused as error:
        return {}, Finding("access", "warn", f"the profile cannot be read: {error}", "Apply for user_info (用户信息).")
    name = text_or_none(profile, "nickname") or account.handle
    return profile, Finding("access", "ok", f"Douyin knows the account as {name}, open id {account.platform_user_id}")


def renewals(kept: Kept, now: datetime) -> Finding:
    """How long the access lasts without a person, and how often it can be made longer."""
    if kept.refresh_ends_at is None:
        return Finding("renewal", "warn", "nobody wrote down when the right to renew ends", SCAN)
    days, left = (kept.refresh_ends_at - now).days, kept.renewals_left
    times = "time" if left == 1 else "times"
    found = f"the right to renew ends in {days} days and can be renewed {left} {times} more"
    if days < 0:
        ends = f"{kept.access_ends_at:%Y-%m-%d}" if kept.access_ends_at else "soon"
        return Finding("renewal", "fail", f"the right to renew is over; the access ends {ends}", SCAN)
    return Finding("renewal", "ok", found) if left or days > SOON_DAYS else Finding("renewal", "warn", found, SCAN)


async def _comments(http: httpx.AsyncClient, account: AccountLink) -> Finding:
    if why := permissions.why_no_comments(account.config):
        return Finding("comments", "fail", why, "Apply for 管理视频评论 in the console, then connect again.")
    if not permissions.has(account.config, permissions.VIDEOS):
        fix = "Apply for video.list.bind in the console, enter it as a scope, connect again."
        return Finding("comments", "ok", "by webhook only: without video.list.bind nothing can be polled", fix)
    try:
        videos = await Pages(http, account.platform_user_id).videos()
    except (Refused, Malformed) as error:
        return Finding("comments", "warn", f"the videos cannot be listed: {error}", "Comments still come by webhook.")
    return Finding("comments", "ok", f"the newest videos can be read: {len(videos)}")


def _messages(account: AccountLink, role: object) -> Finding:
    known = dict(account.config)
    if isinstance(role, str):
        known["business"] = bool(role)
    if why := permissions.why_no_messages(known):
        return Finding("direct messages", "warn", why, "Comments are answered all the same.")
    return Finding("direct messages", "ok", "open by scope and kind")


async def _live(account: AccountLink) -> Finding:
    app = account.app
    mine = rooms.rooms_of(app.config, account.platform_user_id)
    if not mine:
        return Finding("live", "ok", "no live room is entered: live comments are not heard")
    if not app.secrets.get("live_secret"):
        return Finding("live", "fail", "live_secret is missing: pushes are refused", "Enter it: engage app set douyin")
    try:
        pushed = await live.status(account)
    except EngageError as error:
        fix = "Check the app id and the app secret of the live mini-play: engage app set douyin"
        return Finding("live", "fail", f"the live mini-play cannot ask for comments: {error}", fix)
    return _rooms(mine, pushed)


def _rooms(mine: Sequence[rooms.Room], pushed: Mapping[str, int]) -> Finding:
    for room_id, status in pushed.items():
        if status == live.NOT_STARTED:
            fix = "A worker asks every two minutes where public_url is set."
            return Finding("live", "warn", f"room {room_id}: its comments are not asked for", fix)
        if status != live.RUNS:
            fix = "Mount the mini-play in the room; after the broadcast take the room out of live_rooms."
            return Finding("live", "warn", f"room {room_id}: nobody is live there with the mini-play", fix)
    how = "comments are pushed" if pushed else "the mini-play's own server asks for the comments"
    return Finding("live", "ok", f"rooms: {', '.join(room.id for room in mine)}; {how}, answers go onto the overlay")


def _webhooks(callback_url: str) -> Finding:
    if callback_url.startswith("https://"):
        return Finding("webhooks", "ok", f"enter {callback_url} in the console: 设置 → 开发配置 → Webhooks")
    fix = "Set public_url to an https address. Until then only comments are heard, by polling."
    return Finding("webhooks", "warn", "Douyin can reach no address here", fix)
