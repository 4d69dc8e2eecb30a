"""What `engage doctor --account` says of a TikTok account."""

from collections.abc import Sequence

import httpx

from connectors.fields import get, text_or_none
from connectors.oauth import client_id
from connectors.tiktok import calls, permissions
from connectors.tiktok.connect import PROFILE
from engage.errors import Refused
from engage.platform import AccountLink, Finding


async def findings(http: httpx.AsyncClient, account: AccountLink, callback_url: str) -> Sequence[Finding]:
    """Raises what a read raises."""
    asked = {"business_id": account.platform_user_id, "fields": calls.listed(*PROFILE)}
    profile = await calls.get(http, "/business/get/", asked)
    return [
        Finding("access", "ok", f"TikTok knows the account as {text_or_none(profile, 'username') or account.handle}"),
        await _scopes(http, account),
        await _comments(http, account),
        _messages(account, get(profile, "is_business_account")),
        _webhooks(callback_url),
    ]


async def _scopes(http: httpx.AsyncClient, account: AccountLink) -> Finding:
    """What the creator grants at this moment: they can take it back in TikTok's settings."""
    asked = {"app_id": client_id(account.app), "access_token": account.credentials.get("access_token", "")}
    said = await calls.put(http, "/tt_user/token_info/get/", asked)
    granted = (text_or_none(said, "scope") or "").split(",")
    missing = [scope for scope in permissions.ALWAYS if scope not in granted]
    if missing:
        fix = "Connect the account again and leave everything on TikTok's page switched on."
        return Finding("scopes", "fail", f"not granted: {', '.join(missing)}", fix)
    return Finding("scopes", "ok", f"{len(granted)} granted")


async def _comments(http: httpx.AsyncClient, account: AccountLink) -> Finding:
    asked = {"business_id": account.platform_user_id, "max_count": "1"}
    try:
        await calls.get(http, "/business/video/list/", asked)
    except Refused as error:
        fix = "Check that the app has the permission TikTok Accounts in TikTok's portal."
        return Finding("comments", "fail", str(error), fix)
    return Finding("comments", "ok", "the account's videos can be read")


def _messages(account: AccountLink, business: object) -> Finding:
    known = dict(account.config)
    if isinstance(business, bool):
        known["business"] = business
    if why := permissions.why_no_messages(known, account.app.config):
        return Finding("direct messages", "warn", why, "Comments are answered all the same.")
    return Finding("direct messages", "ok", "open by country, kind and scopes")


def _webhooks(callback_url: str) -> Finding:
    if callback_url.startswith("https://"):
        return Finding("webhooks", "ok", f"{callback_url} is set once a day")
    fix = "Set public_url to an https address. Until then the poll brings everything, a minute later."
    return Finding("webhooks", "warn", "TikTok can reach no address here", fix)
